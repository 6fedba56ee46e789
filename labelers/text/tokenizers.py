"""NLTK's tokenizers without what else NLTK imports: scipy and scikit-learn, for statistics that are not used here.

NLTK does without either where it is not installed; for as long as it is imported, they look as if they were not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

HEAVY = ("scipy.stats", "sklearn")


@contextmanager
def _as_if_not_installed(*names: str) -> Iterator[None]:
    """But for what is imported already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None is how Python marks them
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


with _as_if_not_installed(*HEAVY):
    from nltk.tokenize import RegexpTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

__all__ = ["PunktParameters", "PunktSentenceTokenizer", "RegexpTokenizer"]
