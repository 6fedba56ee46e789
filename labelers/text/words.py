"""Words of a sentence as word-level models see them (Schrempf 2020, section 3): no punctuation, lower case.

The signs in "-ve for infarct" and "infarct (-)" are no punctuation: they are read as "negative" and "positive".

The splitting is NLTK's `RegexpTokenizer`; the options belong to a labeler's recipe, so that its vocabulary
and its words always go together.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.conf import Frozen

_NUMBER = r"\d+(?:[.,]\d+)+"
_PIECE = r"[^\W_]+(?:['’][^\W_]+)*"
_COMPOUND = rf"{_PIECE}(?:[-/]{_PIECE})*"
_SIGN = r"(?<!\w)[-+][vV][eE]\b|\([-+]\)"
_SIGNS = {"-ve": "negative", "(-)": "negative", "+ve": "positive", "(+)": "positive"}
_POSSESSIVES = ("'s", "’s")


class WordOptions(Frozen):
    """What counts as a word.

    `keep_question_mark`: "?" is a word of its own, since "?infarct" is a doubt. `split_compounds`:
    "grey-white" and "T2/FLAIR" are two words each.
    """

    keep_question_mark: bool = True
    split_compounds: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """A normalised word and where it stands."""

    text: str
    start: int
    end: int


class WordTokenizer:
    """Splits sentences into words; picklable."""

    def __init__(self, options: WordOptions | None = None) -> None:
        from labelers.text.tokenizers import RegexpTokenizer  # noqa: PLC0415 - reading a recipe need not wait for it

        self.options = options or WordOptions()
        self._tokenizer = RegexpTokenizer(_pattern(self.options))

    def __reduce__(self) -> tuple[type[WordTokenizer], tuple[WordOptions]]:
        return type(self), (self.options,)

    def words(self, text: str) -> list[Word]:
        """The words with their spans in `text`."""
        spans = self._tokenizer.span_tokenize(text)
        return [Word(_normal(text[start:end]), start, end) for start, end in spans]

    def tokens(self, text: str) -> list[str]:
        """The words alone: the same, faster."""
        return [_normal(token) for token in self._tokenizer.tokenize(text)]


def _pattern(options: WordOptions) -> str:
    parts = [_SIGN, _NUMBER, _PIECE if options.split_compounds else _COMPOUND]
    if options.keep_question_mark:
        parts.append(r"\?")
    return "|".join(parts)


def _normal(word: str) -> str:
    lowered = word.lower()
    if lowered in _SIGNS:
        return _SIGNS[lowered]
    return lowered[:-2] if lowered.endswith(_POSSESSIVES) and len(lowered) > 2 else lowered
