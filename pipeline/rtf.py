"""RTF to text of the same length: what a control word stands for in its place, blanks for all the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGN = re.compile(r"\s*\{\\rtf\d?")
_TOKEN = re.compile(
    r"\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<word>[a-z]+)(?P<number>-?\d{1,9})? ?|\\(?P<sign>.)"
    r"|(?P<brace>[{}])|(?P<text>[^\\{}]+)|\\",
    re.S,
)
_BREAK = re.compile(r"\\(?:par|line|sect|page|row)(?![a-z])")
_BREAKS = frozenset({"par", "line", "sect", "page", "row"})
_TABLES = {
    "colortbl",
    "fonttbl",
    "latentstyles",
    "listoverridetable",
    "listtable",
    "rsidtbl",
    "stylesheet",
    "xmlnstbl",
}
_MARGINS = {"footer", "footerf", "footerl", "footerr", "header", "headerf", "headerl", "headerr"}
_ATTACHED = {"datastore", "generator", "info", "object", "pict", "themedata", "xmlnstbl"}
_HIDDEN = frozenset(_TABLES | _MARGINS | _ATTACHED)
_WORDS = {
    "bullet": "•",
    "emdash": "—",
    "endash": "–",
    "ldblquote": "“",
    "lquote": "‘",
    "rdblquote": "”",
    "rquote": "’",
    "tab": "\t",
}
_SIGNS = {"\\": "\\", "{": "{", "}": "}", "_": "-", "\n": "\n", "\r": "\n"}


@dataclass(slots=True)
class _Group:
    """What holds between two braces; `fallback` is how many characters follow each `\\u` for old readers."""

    hidden: bool = False
    fallback: int = 1


def is_rtf(text: str) -> bool:
    """Whether the text begins as RTF does."""
    return _SIGN.match(text) is not None


def blank_rtf(text: str) -> str:
    """The words of an RTF document, each where it stood; groups such as the font table become blanks."""
    reader = _Reader(source_breaks_count=not _BREAK.search(text))
    return "".join(reader.read(match) for match in _TOKEN.finditer(text))


class _Reader:
    """Goes over the tokens once; nested groups are a stack."""

    def __init__(self, *, source_breaks_count: bool) -> None:
        self._source_breaks_count = source_breaks_count
        self._groups = [_Group()]
        self._skip = 0

    def read(self, token: re.Match[str]) -> str:
        """What stands in the token's place, as long as the token."""
        width = len(token[0])
        shown = self._shown(token)
        return " " * width if self._groups[-1].hidden else shown.ljust(width)

    def _shown(self, token: re.Match[str]) -> str:
        if token["text"] is not None:
            return self._text(token["text"])
        if token["hex"] is not None:
            return self._fallback_or(bytes.fromhex(token["hex"]).decode("cp1252", errors="replace"))
        self._skip = 0
        if token["brace"] is not None:
            self._brace(token["brace"])
            return ""
        if token["word"] is not None:
            return self._word(token["word"], int(token["number"] or 0))
        if token["sign"] == "*":
            self._groups[-1].hidden = True
        return _SIGNS.get(token["sign"] or "", "")

    def _text(self, text: str) -> str:
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        text = " " * skipped + text[skipped:]
        return text if self._source_breaks_count else re.sub(r"[\r\n]", " ", text)

    def _fallback_or(self, character: str) -> str:
        if not self._skip:
            return character
        self._skip -= 1
        return ""

    def _brace(self, brace: str) -> None:
        group = self._groups[-1]
        if brace == "{":
            self._groups.append(_Group(group.hidden, group.fallback))
        elif len(self._groups) > 1:
            self._groups.pop()

    def _word(self, word: str, number: int) -> str:
        if word in _HIDDEN:
            self._groups[-1].hidden = True
        if word == "uc":
            self._groups[-1].fallback = max(0, number)
        if word == "u":
            self._skip = self._groups[-1].fallback
            return _character(number % 0x10000)
        return "\n" if word in _BREAKS else _WORDS.get(word, "")


def _character(code: int) -> str:
    """Half of a surrogate pair is no character of its own."""
    return "" if 0xD800 <= code <= 0xDFFF else chr(code)
