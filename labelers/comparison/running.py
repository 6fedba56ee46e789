"""Training what is not trained yet, and measuring all of it on the same texts."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from labelers.base import Labeler
from labelers.bundle import LABELER_FILE, read_bundle_record
from labelers.committee import committee_hash
from labelers.comparison.papers import Measure
from labelers.comparison.records import (
    ALL,
    Comparison,
    DataFile,
    Figures,
    PairedTest,
    Run,
    Trained,
)
from labelers.comparison.significance import DocumentCounts, DrawnF1, document_counts, draw_f1, paired_p
from labelers.data import hash_file
from labelers.device import CPU
from labelers.evaluation.answers import ANNOTATION_NOTE, answer, read_documents, read_questions
from labelers.evaluation.figures import figures
from labelers.handover import TIMING_FILE
from labelers.hardware import describe_hardware
from labelers.loading import load_labeler
from labelers.metrics import Report
from labelers.registry import is_committee, locate_labeler
from labelers.sparse.recipe import AnyRecipe
from labelers.statistics.intervals import RESAMPLES
from labelers.training import TrainingInputs, is_trained, train_labeler
from schemas.conf import read_yaml
from schemas.errors import BundleError, UsageError
from schemas.hashing import hash_json

Tell = Callable[[str], None]
_VERSIONED = ("ctlabel", "torch", "numpy", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A labeler under the name of its row: the folder of its bundle, or the file of one that has none."""

    name: str
    place: Path


def train_missing(  # noqa: PLR0913
    recipes: Mapping[str, AnyRecipe],
    seeds: Sequence[int],
    inputs: TrainingInputs,
    *,
    work: Path,
    progress: bool = False,
    tell: Tell = lambda _: None,
    device: torch.device = CPU,
) -> list[Contestant]:
    """Trains every recipe with every seed into `work/NAME/seed-N`, but for those that lie there trained.

    Raises:
        OutputError: a bundle there was trained from another recipe or other data.
    """
    found = []
    for name, recipe in recipes.items():
        for seed in seeds:
            bundle = work / name / f"seed-{seed}"
            wanted = recipe.with_overrides(seed=seed)
            if is_trained(bundle, wanted, inputs):
                tell(f"{name}, seed {seed}: trained before")
            else:
                tell(f"{name}, seed {seed}: training")
                train_labeler(
                    wanted, inputs, out=bundle, words=work / "words", progress=progress, device=device
                )
            found.append(Contestant(name, bundle))
    return found


def find_bundles(name: str, place: str | Path) -> list[Contestant]:
    """A bundle, shipped or in a folder, or all bundles in the folders of a folder; or a labeler that has none.

    Raises:
        BundleError: there is none.
    """
    folder = locate_labeler(place)
    if folder.is_file() or (folder / LABELER_FILE).is_file():
        return [Contestant(name, folder)]
    inner = sorted(path.parent for path in folder.glob(f"*/{LABELER_FILE}"))
    if not inner:
        raise BundleError(f"{folder} is no bundle, nor a folder of bundles")
    return [Contestant(name, bundle) for bundle in inner]


def compare(  # noqa: PLR0913
    contestants: Sequence[Contestant],
    data: Path,
    *,
    command: str,
    draws: int = RESAMPLES,
    tell: Tell = lambda _: None,
    device: torch.device = CPU,
) -> Comparison:
    """Measures all of them on `data` and tests each labeler against the best.

    Raises:
        InputError: the data does not fit a labeler's label set.
        UsageError: a labeler is given twice with the same seed.
    """
    documents = read_documents(data)
    runs: list[Run] = []
    counts: dict[str, list[DocumentCounts]] = {}
    for contestant in contestants:
        tell(f"{contestant.name}: measuring {contestant.place}")
        run, found = _measure(contestant, data, documents, device=device)
        _refuse_twice(runs, run)
        runs.append(run)
        counts.setdefault(run.labeler, []).append(found)
    return Comparison(
        command=command,
        measured=datetime.now(UTC).date().isoformat(),
        hardware=describe_hardware(device),
        data=DataFile(file=data.name, hash=hash_file(data)),
        documents=len(set(documents)),
        draws=draws,
        versions={name: importlib.metadata.version(name) for name in _VERSIONED},
        note=ANNOTATION_NOTE,
        runs=tuple(runs),
        tests=tuple(_tests(counts, draws=draws)),
    )


def _measure(
    contestant: Contestant, data: Path, documents: Sequence[str], *, device: torch.device
) -> tuple[Run, DocumentCounts]:
    labeler = load_labeler(contestant.place, device=device)
    answers = answer(labeler, read_questions(data, labeler.label_set))
    measured = {name: _figures(report, whole=name == ALL) for name, report in figures(answers).items()}
    run = _run(contestant, labeler, measured)
    n_classes = len(labeler.label_set.classes)
    return run, document_counts(answers.truth, answers.predicted, documents, n_classes=n_classes)


def _run(contestant: Contestant, labeler: Labeler, measured: dict[str, Figures]) -> Run:
    if contestant.place.is_file():
        return Run(
            labeler=contestant.name,
            seed=0,
            fingerprint=labeler.fingerprint,
            recipe_hash=_recipe_hash(contestant.place),
            trained=Trained(),
            figures=measured,
        )
    record = read_bundle_record(contestant.place)
    return Run(
        labeler=contestant.name,
        seed=record.recipe.training.seed,
        fingerprint=record.fingerprint,
        recipe_hash=hash_json(record.recipe.model_dump(mode="json")),
        trained=_trained(record.training, contestant.place / TIMING_FILE),
        figures=measured,
    )


def _recipe_hash(place: Path) -> str:
    return committee_hash(place) if is_committee(place) else hash_file(place)


def _trained(record: Mapping[str, Any], timing_file: Path) -> Trained:
    """What the bundle's training record and timing tell."""
    timing = read_yaml(timing_file) if timing_file.is_file() else {}
    data = record.get("data", {})
    return Trained(
        labelled=tuple(DataFile(**found) for found in data.get("labelled", ())),
        texts=tuple(DataFile(**found) for found in data.get("texts", ())),
        sentences=record.get("texts", {}).get("train"),
        parameters=record.get("parameters_besides_embedding"),
        epochs=record.get("epochs"),
        best_epoch=record.get("best_epoch"),
        seconds=timing.get("seconds_since_last_start"),
        finished=timing.get("finished"),
        hardware=timing.get("hardware"),
        versions=record.get("versions", {}),
    )


def _figures(report: Report, *, whole: bool) -> Figures:
    plain = report.to_json()
    return Figures.model_validate(plain if whole else {**plain, "by_label": {}})


def _refuse_twice(runs: Sequence[Run], run: Run) -> None:
    if any((other.labeler, other.seed) == (run.labeler, run.seed) for other in runs):
        raise UsageError(f"labeler '{run.labeler}' is given twice with seed {run.seed}")


def _tests(counts: Mapping[str, Sequence[DocumentCounts]], *, draws: int) -> Iterator[PairedTest]:
    """Each labeler against the one of the highest mean, by micro and by macro F1."""
    drawn = {name: draw_f1(seeds, draws=draws) for name, seeds in counts.items()}
    for measure in (Measure.MICRO, Measure.MACRO):
        by_name = {name: found[measure] for name, found in drawn.items()}
        best = max(by_name, key=lambda name: by_name[name].observed)
        yield from (_test(by_name, name, best, measure) for name in by_name if name != best)


def _test(by_name: Mapping[str, DrawnF1], name: str, best: str, measure: Measure) -> PairedTest:
    return PairedTest(
        labeler=name,
        best=best,
        measure=measure,
        difference=round(by_name[best].observed - by_name[name].observed, 4),
        p=round(paired_p(by_name[best], by_name[name]), 4),
    )
