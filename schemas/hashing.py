"""Stable hashes of content: the same on every machine and Python version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

DIGEST_BYTES = 16


def hash_bytes(content: bytes) -> str:
    """BLAKE2b of 16 bytes, as hex."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def hash_text(text: str) -> str:
    """Hash of the text's UTF-8 bytes."""
    return hash_bytes(text.encode("utf-8"))


def hash_texts(texts: Iterable[str | None]) -> list[str | None]:
    """The `hash_text` of each; None for None. Faster than one by one."""
    blake2b = hashlib.blake2b
    return [
        None if text is None else blake2b(text.encode("utf-8"), digest_size=DIGEST_BYTES).hexdigest()
        for text in texts
    ]


def digests(texts: Iterable[str | None]) -> bytes:
    """The hashes of texts as bytes, `DIGEST_BYTES` for each: of `hash_text` where there is a text, else zeros."""
    blake2b, nothing = hashlib.blake2b, bytes(DIGEST_BYTES)
    return b"".join(
        blake2b(text.encode("utf-8"), digest_size=DIGEST_BYTES).digest() if text else nothing
        for text in texts
    )


def hash_json(value: Any) -> str:
    """Hash of a JSON-able value, whatever the order of its keys."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hash_text(canonical)


def hash_sources(files: Iterable[Path]) -> str:
    """Hash of Python files: a change of code is a change of what it gives."""
    return hash_json({file.name: hash_bytes(file.read_bytes()) for file in files})
