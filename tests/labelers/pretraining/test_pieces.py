from __future__ import annotations

import subprocess
import sys

import pytest

from labelers.pretraining.pieces import MASK, SPECIAL, cut_chunks, train_pieces
from labelers.pretraining.recipe import WordPieces

TEXTS = ("No acute haemorrhage.", "Haemorrhagic change, no fracture.", "Fractures of the skull base: none.")
SPEC = WordPieces(size=60, min_count=1)


def test_special_tokens_come_first_and_every_letter_has_a_piece() -> None:
    tokenizer = train_pieces(TEXTS, SPEC)
    vocabulary = tokenizer.get_vocab()

    assert [vocabulary[token] for token in SPECIAL] == [0, 1, 2, 3, 4]
    assert tokenizer.encode("no skull").tokens[0] == "[CLS]"
    assert tokenizer.encode("no skull").tokens[-1] == "[SEP]"
    assert "[UNK]" not in tokenizer.encode("haemorrhage fracture").tokens


def test_the_mask_is_one_token_and_a_continued_piece_is_ordinary_text() -> None:
    tokenizer = train_pieces(TEXTS, SPEC)

    assert tokenizer.encode(f"no {MASK}").tokens[2] == MASK
    assert "##a" not in [token.content for token in tokenizer.get_added_tokens_decoder().values()]


@pytest.mark.parametrize(("lower_case", "same"), [(True, True), (False, False)])
def test_case_is_kept_where_the_recipe_says_so(lower_case: bool, same: bool) -> None:
    tokenizer = train_pieces([*TEXTS, "no NO No"], SPEC.model_copy(update={"lower_case": lower_case}))

    assert (tokenizer.encode("NO").ids == tokenizer.encode("no").ids) is same


def test_accents_are_kept() -> None:
    tokenizer = train_pieces(["tumoración"], SPEC)

    assert "[UNK]" not in tokenizer.encode("ó").tokens or "##ó" in tokenizer.get_vocab()


def test_the_same_texts_give_the_same_vocabulary_in_another_process() -> None:
    program = (
        "from labelers.pretraining.pieces import train_pieces\n"
        "from labelers.pretraining.recipe import WordPieces\n"
        f"print(train_pieces({TEXTS!r}, WordPieces(size=60, min_count=1)).to_str())"
    )

    elsewhere = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert elsewhere.stdout.strip() == train_pieces(TEXTS, SPEC).to_str()


def test_long_texts_are_cut_into_chunks_with_special_tokens_round_each() -> None:
    tokenizer = train_pieces(TEXTS, SPEC)
    special = frozenset(range(5))
    whole = tokenizer.encode(TEXTS[1]).ids[1:-1]

    chunks = cut_chunks([TEXTS[1]], tokenizer, max_tokens=6, special=special)

    assert [token for chunk in chunks for token in chunk[1:-1]] == whole
    assert all(len(chunk) <= 6 and (chunk[0], chunk[-1]) == (2, 3) for chunk in chunks)
    assert cut_chunks(["", " "], tokenizer, max_tokens=6, special=special) == []
