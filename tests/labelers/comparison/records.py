"""Comparisons written down by hand."""

from __future__ import annotations

from typing import Any

from labelers.comparison.records import Comparison


def score(f1: float, *, macro: float | None = None) -> dict[str, Any]:
    return {"f1": f1, "precision": f1, "recall": f1, "support": 10, "macro_f1": macro}


def run(labeler: str, seed: int, *, micro: float, macro: float, **trained: Any) -> dict[str, Any]:
    figures = {
        "texts": 4,
        "micro": score(micro),
        "macro": macro,
        "macro_labels": 0.5,
        "by_class": {"negative": score(0.9, macro=0.8), "positive": score(micro, macro=macro)},
    }
    return {
        "labeler": labeler,
        "seed": seed,
        "fingerprint": f"{labeler}-{seed}",
        "recipe_hash": labeler,
        "trained": trained,
        "figures": {"all": figures},
    }


def comparison(**changes: Any) -> Comparison:
    """Two seeds of word2vec, one of a labeler that no paper has."""
    raw = {
        "command": "ctlabel compare word2vec own --on few.parquet",
        "measured": "2026-01-02",
        "hardware": "abacus, 2 cores",
        "data": {"file": "few.parquet", "hash": "h1"},
        "documents": 3,
        "draws": 100,
        "versions": {"ctlabel": "1"},
        "note": "Made up.",
        "runs": [
            run("word2vec", 0, micro=0.7, macro=0.4, seconds=10, parameters=166524, epochs=3),
            run("word2vec", 1, micro=0.8, macro=0.5, seconds=14, parameters=166524, epochs=5),
            run("own", 0, micro=0.9, macro=0.6, hardware="abacus", finished="2026-01-01T10:00:00+00:00"),
        ],
        "tests": [
            {"labeler": "word2vec", "best": "own", "measure": measure, "difference": 0.15, "p": p}
            for measure, p in (("micro", 0.0004), ("macro", 0.04))
        ],
        **changes,
    }
    return Comparison.model_validate(raw)
