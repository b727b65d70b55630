"""Kernel ridge regression in closed form, with exact held-out predictions.

One linear system answers two questions at once: the weights, and what the model would have said of a labelled text
had it not seen it. With ``H = (K + penalty · I)⁻¹``, the held-out prediction of a fold F is
``Y_F − H_FF⁻¹ (H Y)_F`` (Rifkin & Lippert, "Notes on Regularized Least Squares", MIT-CSAIL-TR-2007-025, for one row;
the block form follows by the same elimination).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Float32s = NDArray[np.float32]
FOLDS = 5


def one_hot(classes: Sequence[int], n_classes: int) -> Floats:
    """(n, n_classes) targets: 1 for the class of a row, −1/(n_classes − 1) elsewhere, so that each row sums to 0."""
    targets = np.full((len(classes), n_classes), -1.0 / max(1, n_classes - 1))
    targets[np.arange(len(classes)), np.asarray(classes, np.int64)] = 1.0
    return targets


class Ridge:
    """The regression over a fixed part of the rows; the labelled rows are added without solving it again.

    kernel: (n, n) symmetric positive semi-definite, overwritten; penalty > 0, one or (n,); targets: (n, c). `dual` is (n, c): the
    score of a new text is its kernel row times `dual`. Solved in float32: the penalty keeps the system well conditioned.
    """

    def __init__(self, kernel: Float32s, penalty: float | Floats, targets: Floats) -> None:
        from scipy.linalg import cho_factor, cho_solve

        kernel.flat[:: len(kernel) + 1] += penalty
        self._targets = targets
        self._factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        self._cho_solve = cho_solve
        self.dual = self._solve(targets)

    def extended(self, cross: Float32s, kernel: Float32s, penalty: float, targets: Floats) -> Extended:
        """The solution with further rows, by block elimination.

        cross: (n, m) kernel between the fixed and the further rows; kernel: (m, m) among these; targets: (m, c).
        """
        carried = self._solve(cross)
        block: Floats = np.linalg.inv((kernel + penalty * np.eye(len(kernel)) - cross.T @ carried).astype(np.float64))
        further = block @ (targets - carried.T @ self._targets)
        return Extended(np.vstack([self.dual - carried @ further, further]), block, targets, further)

    def _solve(self, right: Any) -> Floats:
        result: Floats = self._cho_solve(self._factor, right.astype(np.float32), check_finite=False).astype(np.float64)
        return result


class Extended(NamedTuple):
    """`dual` (n + m, c) of all rows; `block` (m, m) is the further rows' block of the inverse."""

    dual: Floats
    block: Floats
    targets: Floats
    further: Floats

    def held_out(self, folds: Iterable[Sequence[int]]) -> dict[int, Floats]:
        """Scores (c,) of each further row in `folds` (numbered from 0), predicted without the rows of its own fold."""
        scores: dict[int, Floats] = {}
        for fold in folds:
            rows = np.asarray(fold, np.int64)
            if len(rows):
                left_out = self.targets[rows] - np.linalg.solve(self.block[np.ix_(rows, rows)], self.further[rows])
                scores.update(zip(rows.tolist(), left_out, strict=True))
        return scores


def folds_of(items: Sequence[Any], keys: Sequence[str], n_folds: int = FOLDS) -> list[list[Any]]:
    """Deal `items` into folds, each key (stratum) spread evenly; deterministic."""
    folds: list[list[Any]] = [[] for _ in range(n_folds)]
    order = sorted(range(len(items)), key=lambda position: (keys[position], position))
    for turn, position in enumerate(order):
        folds[turn % n_folds].append(items[position])
    return folds
