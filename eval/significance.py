"""Whether one run is better than another on the same cases, and how many cases it would take to tell.

The test is a paired permutation test: if both runs were equally good, the two answers to a case could be exchanged
without changing anything. Many comparisons at once are corrected by Holm's method.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eval.intervals import SEED, Statistic
from eval.metrics import Floats

ALPHA = 0.05
POWER = 0.8
PERMUTATIONS = 9999
FEWEST_DIFFERING = 6  # with five the best p an exact test can give is 2 · 0.5⁵ = 0.0625, with six 0.031
_EXACT_UP_TO = 12  # with so few differing cases all 2^m exchanges are tried


def paired_permutation(
    first: Floats,
    second: Floats,
    statistic: Statistic,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> float:
    """Two-sided p-value of ``statistic(second) − statistic(first)`` under exchange of the answers to a case.

    first, second: (n, k), the same cases in the same order. Exact for up to 12 differing cases; beyond, a random sample
    of exchanges that counts the observed one, so that p is never 0 (Phipson & Smyth 2010). 1.0 where nothing differs.
    """
    if first.shape != second.shape:
        raise ValueError(f"expected the same cases twice, got {first.shape} and {second.shape}")
    differing = np.flatnonzero((first != second).any(axis=1))
    if not len(differing):
        return 1.0
    exact = len(differing) <= _EXACT_UP_TO
    swaps = _all_swaps(len(differing)) if exact else _random_swaps(len(differing), permutations, seed)
    observed = abs(float(statistic(second) - statistic(first)))
    extreme, defined = 0, 0
    for chunk in np.array_split(swaps, max(1, len(swaps) // 1000)):
        a, b = _exchanged(first, second, differing, chunk)
        differences = np.abs(statistic(b) - statistic(a))
        differences = differences[np.isfinite(differences)]
        extreme += int(np.sum(differences >= observed - 1e-12))
        defined += len(differences)
    return extreme / max(1, defined) if exact else (extreme + 1) / (defined + 1)


def _all_swaps(m: int) -> NDArray[np.bool_]:
    swaps: NDArray[np.bool_] = (np.arange(2**m)[:, None] >> np.arange(m)) & 1 == 1
    return swaps


def _random_swaps(m: int, permutations: int, seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random((permutations, m)) < 0.5


def _exchanged(
    first: Floats, second: Floats, rows: NDArray[np.int64], swaps: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """For each row of `swaps` (s, m) both runs with the cases `rows` (m,) exchanged: twice (s, n, k)."""
    a, b = np.repeat(first[None], len(swaps), axis=0), np.repeat(second[None], len(swaps), axis=0)
    mask = swaps[:, :, None]
    a[:, rows], b[:, rows] = np.where(mask, second[rows], first[rows]), np.where(mask, first[rows], second[rows])
    return a, b


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm 1979), in the given order: rejecting those below α keeps the chance
    of even one false alarm below α."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, highest = [0.0] * len(p_values), 0.0
    for place, position in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[position]))
        corrected[position] = highest
    return corrected


def cases_needed(differences: Floats, alpha: float = ALPHA, power: float = POWER) -> int | None:
    """How many cases (in all) would show the observed mean difference with this power, if it is real.

    differences: (n,) per case, second run minus first. For differences of −1, 0, 1 this is the sample size of the
    McNemar test (Connor 1987). None where the observed mean difference is 0: no number of cases would show it.
    """
    mean = float(np.mean(differences)) if len(differences) else 0.0
    if abs(mean) < 1e-12:
        return None
    normal = NormalDist()
    z_alpha, z_power = normal.inv_cdf(1 - alpha / 2), normal.inv_cdf(power)
    second_moment = float(np.mean(differences**2))
    spread = max(0.0, second_moment - mean**2)
    return max(2, ceil((z_alpha * sqrt(second_moment) + z_power * sqrt(spread)) ** 2 / mean**2))


def detectable_difference(differences: Floats, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest true mean difference that this many cases would show with this power, at this rate of differing cases.

    Where hardly any case differs that rate says little; the result is never below what six cases that all speak for the
    same run would make, because fewer cannot convince the test. None without cases or without any differing case.
    """
    second_moment = float(np.mean(differences**2)) if len(differences) else 0.0
    if second_moment == 0.0:
        return None
    normal = NormalDist()
    factor = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    least = FEWEST_DIFFERING / len(differences) * float(np.abs(differences).max())
    return min(1.0, max(least, factor * sqrt(second_moment / len(differences))))
