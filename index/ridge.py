"""Kernel ridge regression in closed form, with exact held-out predictions.

One linear system answers two questions at once: the weights, and what the model would have said of a labelled text
had it not seen it. With ``H = (K + diag(penalty))⁻¹``, the held-out prediction of a fold F is
``Y_F − H_FF⁻¹ (H Y)_F`` (Rifkin & Lippert, "Notes on Regularized Least Squares", MIT-CSAIL-TR-2007-025, for one row;
the block form follows by the same elimination).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLDS = 5


def one_hot(classes: Sequence[int], n_classes: int) -> Floats:
    """(n, n_classes) targets: 1 for the class of a row, −1/(n_classes − 1) elsewhere, so that each row sums to 0."""
    targets = np.full((len(classes), n_classes), -1.0 / max(1, n_classes - 1))
    targets[np.arange(len(classes)), np.asarray(classes, np.int64)] = 1.0
    return targets


class Ridge:
    """The solution for one kernel matrix.

    kernel: (n, n) symmetric positive semi-definite; penalty: (n,) > 0; targets: (n, c).
    `dual` is (n, c): the score of a new text is its kernel row times `dual`.
    """

    def __init__(self, kernel: Floats, penalty: Floats, targets: Floats) -> None:
        from scipy.linalg import cho_factor, cho_solve

        self._targets = targets
        self._factor = cho_factor(kernel + np.diag(penalty), lower=True, overwrite_a=True)
        self._solve = cho_solve
        self.dual: Floats = cho_solve(self._factor, targets)

    def held_out(self, folds: Iterable[Sequence[int]]) -> dict[int, Floats]:
        """Scores (c,) of each row in `folds`, predicted without the rows of its own fold."""
        scores: dict[int, Floats] = {}
        for fold in folds:
            rows = np.asarray(fold, np.int64)
            if not len(rows):
                continue
            unit = np.zeros((len(self.dual), len(rows)))
            unit[rows, np.arange(len(rows))] = 1.0
            block = self._solve(self._factor, unit)[rows]
            left_out = self._targets[rows] - np.linalg.solve(block, self.dual[rows])
            scores.update(zip(rows.tolist(), left_out, strict=True))
        return scores


def folds_of(items: Sequence[Any], keys: Sequence[str], n_folds: int = FOLDS) -> list[list[Any]]:
    """Deal `items` into folds, each key (stratum) spread evenly; deterministic."""
    folds: list[list[Any]] = [[] for _ in range(n_folds)]
    order = sorted(range(len(items)), key=lambda position: (keys[position], position))
    for turn, position in enumerate(order):
        folds[turn % n_folds].append(items[position])
    return folds
