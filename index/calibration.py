"""Scores → probabilities that mean what they say.

A score of the matcher is no probability. Three logistic curves, fitted on held-out scores of labelled texts, turn the
scores of a text into: the probability that a goal is acceptable (primary or secondary), that an area is the right one,
that no product-area goal fits, and that no goal fits at all (Platt, "Probabilistic Outputs for Support Vector
Machines", 1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """``1 / (1 + exp(−(bias + weights · features)))``."""

    weights: tuple[float, ...]
    bias: float

    def __call__(self, features: Floats) -> Floats:
        """features: (n, k) → probabilities (n,) in [0, 1]."""
        logits = np.clip(features @ np.asarray(self.weights) + self.bias, -30.0, 30.0)
        result: Floats = 1.0 / (1.0 + np.exp(-logits))
        return result

    @classmethod
    def fit(cls, features: Floats, truths: Sequence[bool], strength: float = 10.0) -> Curve:
        """Fit by (lightly regularised) maximum likelihood; `strength` is scikit-learn's C.

        Raises:
            ValueError: only one outcome occurs.
        """
        from sklearn.linear_model import LogisticRegression

        outcomes = np.asarray(truths, bool)
        if outcomes.all() or not outcomes.any():
            raise ValueError("a calibration curve needs both outcomes")
        scale = features.std(axis=0) + 1e-9
        model = LogisticRegression(C=strength, max_iter=1000).fit(features / scale, outcomes)
        return cls(tuple((model.coef_[0] / scale).tolist()), float(model.intercept_[0]))


@dataclass(frozen=True)
class Calibration:
    """The curves of an index; `origin` says in German what they were fitted on, `n` on how many texts."""

    goal: Curve
    area: Curve
    citywide: Curve
    any_area_goal: Curve
    any_goal: Curve
    origin: str
    n: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Calibration:
        """Raises KeyError, TypeError or ValueError for a damaged record."""
        curves = {
            name: Curve(tuple(float(weight) for weight in record[name]["weights"]), float(record[name]["bias"]))
            for name in ("goal", "area", "citywide", "any_area_goal", "any_goal")
        }
        return cls(**curves, origin=str(record["origin"]), n=int(record["n"]))


def margins(scores: Floats) -> Floats:
    """Each score less the best other one in its row: (n, c) → (n, c); a single column has margin 0."""
    if scores.shape[1] < 2:
        return np.zeros_like(scores)
    ordered = np.sort(scores, axis=1)
    best, second = ordered[:, -1:], ordered[:, -2:-1]
    return np.where(scores == best, scores - second, scores - best)


def score_features(scores: Floats, others: Floats) -> Floats:
    """Features of each score: itself, its margin within the row, and its lead over the best of `others`.

    scores: (n, c), others: (n, m) with m ≥ 1; returns (n, c, 3).
    """
    lead = scores - others.max(axis=1, keepdims=True)
    return np.stack([scores, margins(scores), lead], axis=2)


def default_calibration(texts_per_goal: float) -> Calibration:
    """The borrowed curves for a catalogue without labelled texts, by how much its profiles say."""
    return next(curves for least, curves in _BORROWED if texts_per_goal >= least)


def _borrowed(
    goal: tuple[float, ...], area: tuple[float, ...], citywide: tuple[float, ...], *any_goals: tuple[float, ...]
) -> Calibration:
    """Each tuple holds the weights and, last, the bias."""
    curves = (Curve(numbers[:-1], numbers[-1]) for numbers in (goal, area, citywide, *any_goals))
    of_goal, of_area, of_citywide, any_area_goal, any_goal = curves
    origin = "Erfahrungswerte vom Katalog neumuenster@2022"
    return Calibration(of_goal, of_area, of_citywide, any_area_goal, any_goal, origin, n=0)


# Least texts a goal → curves fitted on what Neumünster's profiles alone, thinned to about that size, say of its dev
# split (156 texts): full profiles (280 texts a goal), 15 terms and 15 examples (37), 12 terms (14), titles (1).
_BORROWED = (
    (
        150.0,
        _borrowed(
            (10.8, 0.606, 1.24, -3.38),
            (1.58, 10.2, 1.58, -1.26),
            (4.22, 1.61, 1.54, -2.88),
            (6.56, 9.11, 0.708),
            (2.2, 13.4, 0.352),
        ),
    ),
    (
        25.0,
        _borrowed(
            (14.7, 2.79, 0.131, -2.53),
            (1.82, 15.5, 1.82, -0.988),
            (10.8, 0.0699, -1.07, -3.25),
            (8.75, 4.11, 2.62),
            (-0.357, 5.86, 4.65),
        ),
    ),
    (
        6.0,
        _borrowed(
            (14.7, 3.64, 0.107, -2.26),
            (1.88, 15.7, 1.88, -0.943),
            (9.32, 3.06, -0.702, -2.48),
            (12.4, 2.24, 1.93),
            (0.249, 4.56, 4.69),
        ),
    ),
    (
        0.0,
        _borrowed(
            (21.8, 11.2, 0.0, -1.69),
            (4.17, 37.7, 4.17, -0.753),
            (1.77, 17.1, 0.623, -1.67),
            (4.41, 2.84, 3.56),
            (-10.2, 5.87, 6.25),
        ),
    ),
)
