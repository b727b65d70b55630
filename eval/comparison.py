"""Two runs over the same cases: what differs, whether chance explains it, and which cases flip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eval.figures import HEADLINE, METRICS, Metric, mean, rows_of
from eval.intervals import Interval, Statistic, bootstrap
from eval.metrics import Floats
from eval.run import Record
from eval.significance import ALPHA, cases_needed, detectable_difference, holm, paired_permutation


@dataclass(frozen=True)
class Difference:
    """Second run minus first in one metric, over the `n` cases that count in both.

    `differing` of them have another value. `p` is of the paired permutation test, `p_holm` corrected for all differences
    reported together. `detectable` is the smallest difference that n cases would show; `labels_needed` how many further
    cases would show the observed one.
    """

    value: float
    ci: Interval | None
    n: int
    differing: int
    p: float
    p_holm: float
    detectable: float | None
    labels_needed: int | None

    @property
    def significant(self) -> bool:
        return self.p_holm < ALPHA

    def to_json(self) -> dict[str, Any]:
        return {
            "difference": self.value,
            "ci": None if self.ci is None else list(self.ci),
            "n": self.n,
            "differing": self.differing,
            "p": self.p,
            "p_holm": self.p_holm,
            "significant": self.significant,
            "detectable": self.detectable,
            "labels_needed": self.labels_needed,
        }


@dataclass(frozen=True)
class Flip:
    """A case that one run has right (share 1) and the other wrong; `gained`: the second run has it right."""

    case: str
    metric: str
    gained: bool
    first: str | None
    second: str | None


def compare(
    first: Sequence[Record], second: Sequence[Record], names: Sequence[str] = HEADLINE
) -> dict[str, Difference]:
    """The differences by metric, as yet uncorrected (`p_holm` is `p`); metrics without a common case are left out.

    Raises:
        ValueError: the runs are not over the same cases.
    """
    if [record.case.id for record in first] != [record.case.id for record in second]:
        raise ValueError("expected two runs over the same cases in the same order")
    found = {name: compare_rows(METRICS[name], *_aligned(METRICS[name], first, second)) for name in names}
    return {name: difference for name, difference in found.items() if difference is not None}


def corrected(comparisons: Sequence[dict[str, Difference]]) -> list[dict[str, Difference]]:
    """The same differences with Holm's correction for all of them together."""
    p_values = iter(holm([difference.p for comparison in comparisons for difference in comparison.values()]))
    return [
        {name: replace(difference, p_holm=next(p_values)) for name, difference in comparison.items()}
        for comparison in comparisons
    ]


def compare_rows(metric: Metric, a: Floats, b: Floats) -> Difference | None:
    """The difference in one metric between two runs given as rows (n, k) of the same cases; None where it has none."""
    if not len(a):
        return None
    value = float(metric.statistic(b) - metric.statistic(a))
    if not np.isfinite(value):
        return None
    width = a.shape[1]
    both = np.hstack([a, b])
    p = paired_permutation(a, b, metric.statistic)
    # Power is computed for means of cases; pooled figures (F1, AUROC) have no value of a single case.
    cases = b[:, 0] - a[:, 0] if metric.statistic is mean else None
    needed = None if cases is None else cases_needed(cases)
    return Difference(
        value=value,
        ci=bootstrap(both, _minus(metric.statistic, width), corrected=False),
        n=len(a),
        differing=int((a != b).any(axis=1).sum()),
        p=p,
        p_holm=p,
        detectable=None if cases is None else detectable_difference(cases),
        labels_needed=None if needed is None else max(0, needed - len(a)),
    )


def _aligned(metric: Metric, first: Sequence[Record], second: Sequence[Record]) -> tuple[Floats, Floats]:
    a, in_a = rows_of(metric, first)
    b, in_b = rows_of(metric, second)
    common = sorted(set(in_a) & set(in_b))
    return a[np.isin(in_a, common)], b[np.isin(in_b, common)]


def _minus(statistic: Statistic, width: int) -> Statistic:
    def difference(columns: Floats) -> Floats:
        return statistic(columns[..., width:]) - statistic(columns[..., :width])

    return difference


def flips(first: Sequence[Record], second: Sequence[Record], name: str = "acceptable@1") -> list[Flip]:
    """The cases that count for the metric `name` (a share) and are right in exactly one of the runs."""
    metric, result = METRICS[name], []
    for a, b in zip(first, second, strict=True):
        before, after = metric.row(a), metric.row(b)
        if before is not None and after is not None and before != after:
            result.append(Flip(a.case.id, name, after[0] > before[0], a.first, b.first))
    return result
