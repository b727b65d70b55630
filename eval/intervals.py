"""How far a figure may be off: bootstrap intervals for any figure, Wilson intervals for shares.

Cases are the unit of resampling. The bootstrap interval is BCa (Efron 1987): percentiles, corrected for bias and
skewness; for differences, where only few cases differ, plain percentiles. A share that is 0 or 1 in the sample has no spread to resample; there the Wilson score interval (Wilson 1927)
is taken, which the small slices use throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from eval.metrics import Floats

LEVEL = 0.95
RESAMPLES = 2000
FEWEST = 8  # with fewer cases a bootstrap promises more than it can know
SEED = 20200218  # the day of the council's decision; any number would do

# (..., n, k) columns of n cases → (...) figures, NaN where a figure is not defined
Statistic = Callable[[Floats], Floats]
Interval = tuple[float, float]
_NORMAL = NormalDist()


def resampled(columns: Floats, statistic: Statistic, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """The statistic of `resamples` samples of the rows of `columns` (n, k), drawn with replacement."""
    n = len(columns)
    rows = np.random.default_rng(seed).integers(0, n, (resamples, n))
    return statistic(columns[rows])


def bootstrap(
    columns: Floats,
    statistic: Statistic,
    *,
    corrected: bool = True,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval | None:
    """The interval of a statistic of the rows of `columns` (n, k): BCa if `corrected`, else plain percentiles.

    The correction is for figures that crowd at a border, such as shares near 1. A difference of which only three cases
    in a hundred are not 0 is no such figure: there the correction would put 0 outside although the test cannot.

    None where the data give none: fewer than `FEWEST` cases, a figure that is not defined, or no spread at all.
    """
    if len(columns) < FEWEST:
        return None
    value = float(statistic(columns))
    samples = resampled(columns, statistic, resamples, seed)
    samples = samples[np.isfinite(samples)]
    if not np.isfinite(value) or len(samples) < resamples / 2 or np.ptp(samples) == 0.0:
        return None
    if not corrected:
        low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)
    below = (np.mean(samples < value) + np.mean(samples <= value)) / 2
    bias = _NORMAL.inv_cdf(float(np.clip(below, 1 / len(samples), 1 - 1 / len(samples))))
    skew = _acceleration(columns, statistic)
    tail = (1 - level) / 2
    low, high = np.quantile(samples, [_adjusted(tail, bias, skew), _adjusted(1 - tail, bias, skew)])
    return float(min(low, value)), float(max(high, value))


def _adjusted(share: float, bias: float, skew: float) -> float:
    z = bias + _NORMAL.inv_cdf(share)
    return _NORMAL.cdf(bias + z / (1 - skew * z))


def _acceleration(columns: Floats, statistic: Statistic) -> float:
    """A sixth of the skewness of the jackknife values."""
    n = len(columns)
    left_out = np.array([float(statistic(np.delete(columns, row, axis=0))) for row in range(n)])
    spread = np.mean(left_out[np.isfinite(left_out)]) - left_out
    spread = spread[np.isfinite(spread)]
    scale = float(np.sum(spread**2)) ** 1.5
    return float(np.sum(spread**3)) / (6 * scale) if scale > 0 else 0.0


def wilson(successes: float, n: int, level: float = LEVEL) -> Interval | None:
    """The Wilson score interval of a share; None without cases."""
    if not n:
        return None
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
