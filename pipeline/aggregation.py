"""Several texts' classes become one: sentences to a report, reports to a study."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int8]
Probabilities = npt.NDArray[np.float32]
NO_CLASS = -1


class Decision(NamedTuple):
    """Per group: codes int8 (n_groups, n_labels), probabilities (n_groups, n_labels, n_classes)."""

    codes: Codes
    probabilities: Probabilities


def classes_of(probabilities: Probabilities) -> Codes:
    """The most probable class of each text and label: (n, n_labels, n_classes) to (n, n_labels)."""
    codes: Codes = probabilities.argmax(axis=2).astype(np.int8)
    return codes


def decide(
    codes: Codes,
    probabilities: Probabilities,
    *,
    groups: npt.NDArray[np.int32],
    n_groups: int,
    ranks: tuple[int, ...],
) -> Decision:
    """For each group and label the strongest class of any member, and that member's probabilities.

    Of several members with the strongest class the surest one decides; where the strongest class is the
    weakest of all (nothing is said), the least sure one does, since it is the closest call. `groups` is
    ascending; a group without members gets NO_CLASS and NaN.
    """
    n_labels, n_classes = probabilities.shape[1:]
    out_codes = np.full((n_groups, n_labels), NO_CLASS, np.int8)
    out_probabilities = np.full((n_groups, n_labels, n_classes), np.nan, np.float32)
    if len(groups):
        members, starts = np.unique(groups, return_index=True)
        winners = _first_of_highest(_strength(codes, probabilities, ranks), starts)
        labels = np.arange(n_labels)
        out_codes[members] = codes[winners, labels]
        out_probabilities[members] = probabilities[winners, labels]
    return Decision(out_codes, out_probabilities)


def _strength(codes: Codes, probabilities: Probabilities, ranks: tuple[int, ...]) -> Probabilities:
    """Rank of the class plus its sureness in [0, 1], so that a stronger class always wins: (n, n_labels)."""
    rank = np.array(ranks, np.float32)[codes]
    sure = np.take_along_axis(probabilities, codes[:, :, None].astype(np.intp), axis=2)[:, :, 0]
    return 2 * rank + np.where(rank == 0, 1 - sure, sure)


def _first_of_highest(strength: Probabilities, starts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Per group and label the row of the first highest strength: (n_groups, n_labels)."""
    n = len(strength)
    sizes = np.diff(np.append(starts, n))
    highest = np.repeat(np.maximum.reduceat(strength, starts, axis=0), sizes, axis=0)
    rows = np.where(strength == highest, np.arange(n)[:, None], n)
    return np.minimum.reduceat(rows, starts, axis=0)
