from __future__ import annotations

from labelers.text.memory import LONGEST, remembering


def test_a_text_that_comes_again_is_not_read_again() -> None:
    read: list[tuple[str, int]] = []

    @remembering
    def length(text: str, more: int) -> int:
        read.append((text, more))
        return len(text) + more

    assert [length("a clot", 1), length("a clot", 1), length("a clot", 2)] == [7, 7, 8]
    assert read == [("a clot", 1), ("a clot", 2)]


def test_long_texts_are_not_kept() -> None:
    read: list[str] = []

    @remembering
    def length(text: str) -> int:
        read.append(text)
        return len(text)

    long = "x" * (LONGEST + 1)
    assert [length(long), length(long)] == [LONGEST + 1] * 2
    assert len(read) == 2
