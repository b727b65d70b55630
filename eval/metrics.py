"""Measures of a ranking, a set, an abstention and a probability: pure functions on ids and numbers.

Nothing is scored for free: where a measure has no meaning for a case (no relevant goal, nothing suggested, only one
outcome), the functions return None, and the case is left out of the mean instead of counting as 1 or 0. No rounding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

PRIMARY_GAIN = 2.0  # graded relevance: the best goal counts twice as much as a goal that is also right
SECONDARY_GAIN = 1.0


def hit_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float | None:
    """1.0 if one of the first `k` ids is relevant, else 0.0; None where nothing is relevant."""
    if not relevant:
        return None
    return float(any(item in relevant for item in ranked[:k]))


def recall_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float | None:
    """Share of the relevant ids among the first `k`, in [0, 1]; None where nothing is relevant."""
    if not relevant:
        return None
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], k: int | None = None) -> float | None:
    """1 / rank of the first relevant id among the first `k` (all if None), 0.0 if there is none there.

    None where nothing is relevant.
    """
    if not relevant:
        return None
    return next((1.0 / rank for rank, item in enumerate(ranked[:k], 1) if item in relevant), 0.0)


def dcg(gains: Sequence[float]) -> float:
    """Discounted cumulative gain of `gains` in rank order: Σ gain / log2(rank + 1) (Järvelin & Kekäläinen 2002)."""
    return float(sum(gain / np.log2(rank + 1) for rank, gain in enumerate(gains, 1)))


def ndcg_at(ranked: Sequence[str], grades: Mapping[str, float], k: int) -> float | None:
    """DCG of the first `k` ids over the best possible one, in [0, 1]; None where no id has a grade above 0.

    `grades` maps ids to gains ≥ 0; ids that are missing from it have gain 0.
    """
    best = dcg(sorted(grades.values(), reverse=True)[:k])
    if best == 0.0:
        return None
    return dcg([grades.get(item, 0.0) for item in ranked[:k]]) / best


def auroc(scores: ArrayLike, positives: ArrayLike) -> float | None:
    """Probability that a positive has a higher score than a negative (ties count half), in [0, 1].

    scores: (n,) numbers, positives: (n,) booleans; None where only one outcome occurs.
    """
    values, truths = np.asarray(scores, float), np.asarray(positives, bool)
    for_, against = values[truths], np.sort(values[~truths])
    if not len(for_) or not len(against):
        return None
    below = np.searchsorted(against, for_, side="left") + np.searchsorted(against, for_, side="right")
    return float(below.mean() / (2 * len(against)))


def brier(confidences: ArrayLike, outcomes: ArrayLike) -> float | None:
    """Mean squared distance between probability and outcome (Brier 1950), 0 is best; None for no pairs."""
    difference = np.asarray(confidences, float) - np.asarray(outcomes, float)
    return float(np.mean(difference**2)) if difference.size else None


@dataclass(frozen=True)
class Bin:
    """The cases whose confidence lies in (low, high]: how many, what was said on average, what was true."""

    low: float
    high: float
    n: int
    confidence: float
    frequency: float


def reliability(confidences: ArrayLike, outcomes: ArrayLike, n_bins: int = 10) -> list[Bin]:
    """Confidence and observed frequency in bins of equal width over [0, 1]; empty bins are left out."""
    said, true = np.asarray(confidences, float), np.asarray(outcomes, float)
    numbers = np.clip(np.ceil(said * n_bins).astype(int) - 1, 0, n_bins - 1)
    bins = []
    for number in np.unique(numbers):
        chosen = numbers == number
        low, high = float(number) / n_bins, float(number + 1) / n_bins
        bins.append(Bin(low, high, int(chosen.sum()), float(said[chosen].mean()), float(true[chosen].mean())))
    return bins


def expected_calibration_error(confidences: ArrayLike, outcomes: ArrayLike, n_bins: int = 10) -> float | None:
    """Mean |confidence − frequency| over the bins, weighted by their size (Guo et al. 2017), in [0, 1].

    None for no pairs. With few cases it is above 0 even for perfect probabilities: see `perfect_calibration_error`.
    """
    bins = reliability(confidences, outcomes, n_bins)
    total = sum(item.n for item in bins)
    return sum(item.n * abs(item.confidence - item.frequency) for item in bins) / total if total else None


def perfect_calibration_error(confidences: ArrayLike, n_bins: int = 10, draws: int = 500, seed: int = 0) -> float:
    """The ECE that probabilities which are exactly right would show on average with these cases: the floor of chance."""
    said = np.asarray(confidences, float)
    random = np.random.default_rng(seed)
    errors = [expected_calibration_error(said, random.random(len(said)) < said, n_bins) or 0.0 for _ in range(draws)]
    return float(np.mean(errors))


@dataclass(frozen=True)
class CoveragePoint:
    """If only answers with at least `threshold` were given: the share of answers given, and how many are wrong."""

    threshold: float
    coverage: float
    risk: float


def risk_coverage(confidences: ArrayLike, correct: ArrayLike) -> list[CoveragePoint]:
    """One point for each distinct confidence, from the most certain answers alone (small coverage) to all (1.0)."""
    said, given, wrong = _by_certainty(np.asarray(confidences, float), np.asarray(correct, float))
    n = given[-1] if len(given) else 0
    return [
        CoveragePoint(float(threshold), float(count / n), float(errors / count))
        for threshold, count, errors in zip(said, given, wrong, strict=True)
    ]


def _by_certainty(said: Floats, right: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct confidences, descending, with the number of answers and of wrong answers from there on."""
    order = np.argsort(-said, kind="stable")
    said = said[order]
    last = np.flatnonzero(np.append(said[1:] != said[:-1], True)) if len(said) else np.zeros(0, int)
    wrong: Floats = np.cumsum(1.0 - right[order])[last]
    return said[last], (last + 1).astype(np.float64), wrong


def area_under_risk_coverage(confidences: ArrayLike, correct: ArrayLike) -> float | None:
    """Mean risk over all coverages, each answer weighing the same (Geifman & El-Yaniv 2017), 0 is best.

    Answers of the same confidence enter together with their mean error, so that their order does not matter. None
    for no answers.
    """
    _, given, wrong = _by_certainty(np.asarray(confidences, float), np.asarray(correct, float))
    if not len(given):
        return None
    return float(np.sum(np.diff(given, prepend=0.0) * wrong / given) / given[-1])


def cohen_kappa(first: Sequence[object], second: Sequence[object]) -> float | None:
    """Agreement of two people beyond chance (Cohen 1960): 1 full, 0 as by chance, below 0 worse.

    None without cases, or where both always gave one and the same answer, so that chance alone explains all.
    """
    if len(first) != len(second):
        raise ValueError(f"expected as many answers of both people, got {len(first)} and {len(second)}")
    n = len(first)
    if not n:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    chance = sum(first.count(label) * second.count(label) for label in set(first) | set(second)) / n**2
    return None if chance == 1.0 else (observed - chance) / (1.0 - chance)
