"""Random forests as arrays: what scikit-learn's `predict_proba` does, without an object that must be unpickled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from schemas.errors import BundleError

Arrays = Mapping[str, NDArray[Any]]
WordCounts = NDArray[np.uint16]
BLOCK = 64  # texts at once: keeps the walk through all trees within the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Forests:
    """All trees of all labels, their nodes one after the other, each tree in depth-first order.

    `roots` (n_L, trees) is each tree's first node. At an inner node `feature` is the word that is counted: up to
    `most` times leads to the next node, oftener to node `right`. At a leaf `feature` is -1 and `right` the row of
    `leaves` (leaves, n_C), how many training texts of each class ended there.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    most: NDArray[np.uint16]
    right: NDArray[np.int32]
    leaves: NDArray[np.uint32]

    @classmethod
    def from_arrays(cls, arrays: Arrays, *, n_words: int) -> Self:
        """The reverse of `to_arrays`, for texts of `n_words` counted words.

        Raises:
            BundleError: the arrays are no forests; whatever is in them, a walk ends and stays inside.
        """
        if sorted(arrays) != sorted(cls.__slots__) or not _are_forests(arrays, n_words=n_words):
            raise BundleError("weights are no random forests: train the labeler anew")
        return cls(**arrays)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """By name, as safetensors keep them."""
        return {name: getattr(self, name) for name in self.__slots__}

    def probabilities(self, counts: WordCounts) -> NDArray[np.float64]:
        """Word counts (n, V) -> mean over the trees of the class shares at the leaves (n, n_L, n_C)."""
        n_labels, n_trees = self.roots.shape
        shares = self.leaves / self.leaves.sum(axis=1, keepdims=True, dtype=np.float64)
        found = np.zeros((len(counts), n_labels, self.leaves.shape[1]))
        for start in range(0, len(counts), BLOCK):
            rows = slice(start, start + BLOCK)
            reached = self.right[self._leaf_nodes(counts[rows])].reshape(-1, n_labels, n_trees)
            for tree in range(n_trees):  # one by one, as scikit-learn adds them
                found[rows] += shares[reached[:, :, tree]]
        found /= n_trees
        return found

    def _leaf_nodes(self, counts: WordCounts) -> NDArray[np.int64]:
        """(n, V) -> the leaf that each text reaches in each tree, (n, n_L * trees)."""
        node = np.tile(self.roots.ravel().astype(np.int64), (len(counts), 1))
        row = np.arange(len(counts))[:, None]
        while (feature := self.feature[node]).max(initial=-1) >= 0:
            is_right = counts[row, np.maximum(feature, 0)] > self.most[node]
            below = np.where(is_right, self.right[node], node + 1)
            node = np.where(feature >= 0, below, node)
        return node


def forests_of(models: Sequence[Any], *, n_classes: int) -> Forests:
    """The forests of fitted `RandomForestClassifier`s, one for each label, trained without weights on counts."""
    parts: dict[str, list[NDArray[Any]]] = {"feature": [], "most": [], "right": [], "leaves": []}
    roots, nodes, leaves = [], 0, 0
    for model in models:
        for estimator in model.estimators_:
            tree = _tree_arrays(estimator.tree_, model.classes_, n_classes=n_classes)
            is_leaf = tree["feature"] < 0
            tree["right"] = tree["right"] + np.where(is_leaf, leaves, nodes)
            roots.append(nodes)
            nodes, leaves = nodes + len(is_leaf), leaves + int(is_leaf.sum())
            for name, array in tree.items():
                parts[name].append(array)
    return Forests(
        roots=np.array(roots, dtype=np.int32).reshape(len(models), -1),
        feature=np.concatenate(parts["feature"]).astype(np.int32),
        most=np.concatenate(parts["most"]).astype(np.uint16),
        right=np.concatenate(parts["right"]).astype(np.int32),
        leaves=np.concatenate(parts["leaves"]).astype(np.uint32),
    )


def _tree_arrays(tree: Any, classes: NDArray[Any], *, n_classes: int) -> dict[str, NDArray[Any]]:
    """One tree, nodes and leaves numbered from 0; scikit-learn puts a node's left child right behind it."""
    is_leaf = tree.children_left < 0
    shares = tree.value[is_leaf, 0, :] * tree.weighted_n_node_samples[is_leaf, None]
    leaves = np.zeros((int(is_leaf.sum()), n_classes), dtype=np.uint32)
    leaves[:, classes.astype(np.int64)] = np.rint(shares[:, : len(classes)])
    return {
        "feature": np.where(is_leaf, -1, tree.feature),
        "most": np.where(is_leaf, 0, np.floor(tree.threshold)),
        "right": np.where(is_leaf, np.cumsum(is_leaf) - 1, tree.children_right),
        "leaves": leaves,
    }


def _are_forests(arrays: Arrays, *, n_words: int) -> bool:
    """Shapes and types fit; every child lies behind its parent, every word and leaf exists."""
    roots, feature, most = arrays["roots"], arrays["feature"], arrays["most"]
    right, leaves = arrays["right"], arrays["leaves"]
    types = (np.int32, np.int32, np.uint16, np.int32, np.uint32)
    if any(
        array.dtype != kind for array, kind in zip((roots, feature, most, right, leaves), types, strict=True)
    ):
        return False
    nodes = len(feature)
    if not (roots.ndim == leaves.ndim == 2 and most.shape == right.shape == feature.shape == (nodes,)):
        return False
    if not (roots.size and leaves.size and nodes and leaves.sum(axis=1).min() > 0):
        return False
    is_leaf, place = feature < 0, np.arange(nodes)
    behind = np.where(is_leaf, nodes, right)
    return bool(
        roots.min() >= 0
        and roots.max() < nodes
        and feature.max() < n_words
        and is_leaf[-1]
        and (behind > place).all()
        and (right[~is_leaf] < nodes).all()
        and (right[is_leaf] >= 0).all()
        and (right[is_leaf] < len(leaves)).all()
    )
