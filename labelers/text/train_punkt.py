"""Train the sentence splitter's parameters: `python -m labelers.text.train_punkt SOURCE.parquet OUT.json`.

Only counts leave the corpus: abbreviations, collocations, frequent sentence starters and the case in which
common words are written. No sentence can be read back from them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
from nltk.tokenize.punkt import PunktTrainer

from labelers.text.sentences import PunktParameterFile

ORTHOGRAPHY_MIN_COUNT = 60
ORTHO_LC = 0b1110000  # Punkt's flags for "seen in lower case": at a sentence's start, within, or unknown
MAX_ABBREVIATION = 4
ABBREVIATION = re.compile(r"[^\W\d_]+([./][^\W\d_]+)*")


def train_punkt(texts: Iterable[str]) -> PunktParameterFile:
    """Punkt's parameters (Kiss and Strunk 2006) from unlabelled texts, pruned to what is frequent.

    What may be a person's name has no place in a file that is shipped. So collocations are left out (in reports
    they come from initials, and from numbered lists, which are handled apart), and so are words that are never
    written in lower case, which Punkt treats like words it does not know.
    """
    trainer = PunktTrainer()
    trainer.train("\n\n".join(texts), finalize=False)
    trainer.freq_threshold(ortho_thresh=ORTHOGRAPHY_MIN_COUNT)
    trainer.finalize_training()
    found = trainer.get_params()
    return PunktParameterFile(
        abbreviations=tuple(sorted(word for word in found.abbrev_types if is_plausible_abbreviation(word))),
        sentence_starters=tuple(sorted(found.sent_starters)),
        orthography={
            word: flags
            for word, flags in sorted(found.ortho_context.items())
            if flags & ORTHO_LC and word.strip("_").isalpha()
        },
    )


def is_plausible_abbreviation(word: str) -> bool:
    """Letters with stops between them, or a short word: the trainer also finds rare long words."""
    return bool(ABBREVIATION.fullmatch(word)) and ("." in word or len(word) <= MAX_ABBREVIATION)


def write_punkt(parameters: PunktParameterFile, path: Path) -> None:
    """Write one key a line: readable, and the same bytes for the same parameters."""
    lines = [f'"{key}": {json.dumps(value)}' for key, value in parameters.model_dump(mode="json").items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_texts(path: Path, *, column: str = "text") -> list[str]:
    """The texts of one Parquet column, nulls left out, in file order."""
    values = pq.read_table(path, columns=[column])[column].to_pylist()
    return [value for value in values if value]


def main(arguments: list[str]) -> int:
    """Train on SOURCE and write OUT; 2 where the arguments do not fit."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m labelers.text.train_punkt SOURCE.parquet OUT.json\n")
        return 2
    source, out = map(Path, arguments)
    write_punkt(train_punkt(read_texts(source)), out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
