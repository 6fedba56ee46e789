from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hashing import digests, hash_bytes, hash_json, hash_sources, hash_text, hash_texts

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_hashes_never_change_between_versions_and_machines() -> None:
    assert hash_bytes(b"") == "cae66941d9efbd404e4d88758ea67670"
    assert hash_text("Kein Ödem.") == hash_bytes(b"Kein \xc3\x96dem.")
    assert hash_text("No acute bleed.") == "a38e2460f1dde8fc9d7e270d5fb5844c"
    assert hash_json({"b": [1, None], "a": "ö"}) == "56b4e197ead3e2fca45d034e928ba668"


def test_many_texts_have_the_hashes_that_each_has_alone() -> None:
    texts = ["Kein Ödem.", None, ""]

    assert hash_texts(texts) == [hash_text("Kein Ödem."), None, hash_text("")]
    assert digests(texts) == bytes.fromhex(hash_text("Kein Ödem.")) + bytes(32)


def test_the_order_of_keys_does_not_count_and_the_order_of_items_does() -> None:
    assert hash_json({"a": 1, "b": 2}) == hash_json({"b": 2, "a": 1})
    assert hash_json([1, 2]) != hash_json([2, 1])


@pytest.mark.parametrize(
    ("one", "other"), [("1", 1), (["ab"], ["a", "b"]), (None, ""), ({"a": None}, {}), ([[]], [])]
)
def test_values_that_differ_only_in_kind_have_other_hashes(one: object, other: object) -> None:
    assert hash_json(one) != hash_json(other)


@given(one=json_values, other=json_values)
def test_values_have_the_same_hash_exactly_when_they_are_the_same(one: object, other: object) -> None:
    assert (hash_json(one) == hash_json(other)) == (repr_of(one) == repr_of(other))


def repr_of(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{repr_of(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(repr_of, value)) + "]"
    return repr(value)


def test_the_hash_of_sources_follows_names_and_contents(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("x = 1\n")
    other.write_text("x = 1\n")
    before = hash_sources([one])

    assert hash_sources([other]) != before
    one.write_text("x = 2\n")
    assert hash_sources([one]) != before
