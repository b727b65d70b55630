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


# For a catalogue without labelled texts: fitted on what Neumünster's profiles alone say of its dev split (156 texts).
DEFAULT_CALIBRATION = Calibration(
    goal=Curve((11.0, 0.61, 1.26), -3.38),
    area=Curve((1.67, 11.2, 1.67), -1.26),
    citywide=Curve((4.1, 1.72, 1.51), -2.85),
    any_area_goal=Curve((6.29, 9.15), 0.783),
    any_goal=Curve((1.73, 13.4), 0.419),
    origin="Erfahrungswerte vom Katalog neumuenster@2022",
    n=0,
)
