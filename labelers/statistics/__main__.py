"""`python -m labelers.statistics agreement|lexical ...`: figures of a data set, not of a labeler, as JSON.

`agreement` tells how far annotators agree on the codes of documents (Fleiss' kappa), `lexical` how rich the
language of a corpus is (type-token ratio, Yule's I).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelers.data import TEXT_COLUMN, hash_file, read_columns
from labelers.hardware import describe_hardware
from labelers.statistics.agreement import code_agreement
from labelers.statistics.lexical import lexical_complexity, sampled_complexity
from labelers.text.words import WordOptions, WordTokenizer
from labelers.writing import to_json_text, write_json
from schemas.errors import CtlabelError, InputError, UsageError

WORDS = WordOptions(keep_question_mark=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, measures, prints or writes the figures."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        figures = measure_agreement(given) if given.figures == "agreement" else measure_lexical(given)
        if given.out is None:
            sys.stdout.write(to_json_text(figures))
        else:
            write_json(figures, given.out)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


def measure_agreement(given: argparse.Namespace) -> dict[str, Any]:
    """Figures of one file that has a column of code lists for each annotator.

    Raises:
        InputError: a column is missing, or is none of lists without nulls.
        UsageError: there are fewer than two annotators.
    """
    if len(given.annotators) < 2:
        raise UsageError("agreement needs two --annotators or more")
    annotations = [_code_lists(given.data, column) for column in given.annotators]
    counted = _code_lists(given.data, given.codes) if given.codes else None
    codes = {code for found in counted for code in found} if counted is not None else None
    try:
        found = code_agreement(annotations, codes=codes)
    except ValueError as error:
        raise InputError(f"{given.data}: {error}") from error
    options = {"annotators": given.annotators, "codes_of": given.codes}
    return {**_provenance([given.data], options), "figures": found.to_json()}


def measure_lexical(given: argparse.Namespace) -> dict[str, Any]:
    """Figures of the texts of all files together.

    Raises:
        InputError: a column is missing, or there are fewer words than are to be drawn.
    """
    columns = given.column or [TEXT_COLUMN]
    tokenizer = WordTokenizer(WORDS)
    texts = [tokenizer.tokens(text) for text in read_corpus(given.data, columns, given.group_column)]
    try:
        figures = {"whole": lexical_complexity(texts).to_json()}
        if given.sample_words:
            sampled = sampled_complexity(texts, words=given.sample_words, seed=given.seed)
            figures["of_one_size"] = sampled.to_json()
    except ValueError as error:
        raise InputError(f"{given.data[0]}: {error}") from error
    options = {"columns": columns, "group_column": given.group_column, "seed": given.seed}
    return {**_provenance(given.data, options), "figures": figures}


def read_corpus(paths: Sequence[Path], columns: Sequence[str], group_column: str | None = None) -> list[str]:
    """A text for each row, or for each value of `group_column`: its columns one below the other, nulls left out."""
    texts: dict[object, list[str]] = {}
    for number, path in enumerate(paths):
        wanted = [*columns, *([group_column] if group_column else [])]
        for row, values in enumerate(read_columns(path, wanted).to_pylist()):
            group = values[group_column] if group_column else (number, row)
            texts.setdefault(group, []).extend(values[name] for name in columns if values[name])
    return ["\n".join(parts) for parts in texts.values()]


def _code_lists(path: Path, column: str) -> list[list[str]]:
    found = read_columns(path, [column])[column]
    if not (pa.types.is_list(found.type) or pa.types.is_large_list(found.type)) or found.null_count:
        raise InputError(f"{path}: column {column} does not hold a list of codes in every row")
    lists: list[list[str]] = found.to_pylist()
    return lists


def _provenance(paths: Sequence[Path], options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "data": [{"file": path.name, "hash": hash_file(path)} for path in paths],
        **options,
        "hardware": describe_hardware(),
        "measured": datetime.now(UTC).date().isoformat(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labelers.statistics", description=__doc__)
    figures = parser.add_subparsers(dest="figures", required=True)
    agreement = figures.add_parser("agreement", help="Fleiss' kappa between annotators.")
    agreement.add_argument("data", type=Path, help="Parquet with a row for each document.")
    agreement.add_argument(
        "--annotators", nargs="+", required=True, help="Columns of code lists, one for each annotator."
    )
    agreement.add_argument("--codes", help="Column of code lists whose codes alone count.")
    lexical = figures.add_parser("lexical", help="Type-token ratio and Yule's I of a corpus.")
    lexical.add_argument("data", type=Path, nargs="+", help="Parquet files of texts.")
    lexical.add_argument("--column", action="append", help="Of texts, may be repeated. Default: text.")
    lexical.add_argument("--group-column", help="Rows with the same value make one text.")
    lexical.add_argument("--sample-words", type=int, help="Also the figures of so many words, drawn.")
    lexical.add_argument("--seed", type=int, default=0)
    for one in (agreement, lexical):
        one.add_argument("--out", type=Path, help="JSON file to write, instead of printing it.")
    return parser


if __name__ == "__main__":
    main()
