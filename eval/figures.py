"""The figures of an evaluation: one table of named measures, each with its interval and its number of cases.

A measure turns every case into a row of numbers (or leaves the case out), and the rows into one figure; intervals and
tests resample the rows. `METRICS` feeds the table for people, the JSON and the report alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval import metrics
from eval.intervals import Interval, Statistic, bootstrap, wilson
from eval.metrics import Floats
from eval.run import SHOWN, Record

Row = tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval and the number of cases it rests on; None where nothing can be said."""

    value: float | None
    ci: Interval | None
    n: int

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "ci": None if self.ci is None else list(self.ci), "n": self.n}


@dataclass(frozen=True)
class Metric:
    """A measure: German name, `row` (numbers of one case, None: the case does not count), `statistic` of all rows.

    A `share` is the mean of rows that are 0 or 1; where less is better, `lower` is True.
    """

    title: str
    row: Callable[[Record], Row | None]
    statistic: Statistic
    share: bool = False
    lower: bool = False


def mean(columns: Floats) -> Floats:
    """(…, n, 1) → (…) mean."""
    result: Floats = columns[..., 0].mean(axis=-1)
    return result


def _ratio(above: float | np.ndarray, below: float | np.ndarray) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(below) > 0, np.divide(above, below), np.nan)


def pooled_precision(columns: Floats) -> Floats:
    """(…, n, 3) hits, suggested, right of each case → Σ hits / Σ suggested."""
    return _ratio(columns[..., 0].sum(axis=-1), columns[..., 1].sum(axis=-1))


def pooled_recall(columns: Floats) -> Floats:
    return _ratio(columns[..., 0].sum(axis=-1), columns[..., 2].sum(axis=-1))


def pooled_f1(columns: Floats) -> Floats:
    return _ratio(2 * columns[..., 0].sum(axis=-1), columns[..., 1].sum(axis=-1) + columns[..., 2].sum(axis=-1))


def each(measure: Callable[[Floats, Floats], float | None]) -> Statistic:
    """A statistic of (…, n, 2) columns from a measure of two vectors (n,)."""

    def statistic(columns: Floats) -> Floats:
        flat = columns.reshape(-1, *columns.shape[-2:])
        values = [measure(sample[:, 0], sample[:, 1]) for sample in flat]
        return np.array([np.nan if value is None else value for value in values]).reshape(columns.shape[:-2])

    return statistic


def _one(value: float | None) -> Row | None:
    return None if value is None else (value,)


def _primary(record: Record) -> set[str]:
    return {record.case.primary} if record.case.primary else set()


def _acceptable_at_1(record: Record) -> Row | None:
    return _one(metrics.hit_at(record.shown, record.case.acceptable, 1)) if record.case.primary else None


def _area(record: Record) -> Row | None:
    if not record.case.primary:
        return None
    return (float(str(record.answer["area"]["id"]) == str(record.case.area)),)


def _suggestions(record: Record) -> Row:
    hits = len(record.suggested & record.case.acceptable)
    return (float(hits), float(len(record.suggested)), float(len(record.case.acceptable)))


def _citywide_suggestions(record: Record) -> Row:
    wanted = frozenset(record.case.citywide)
    hits = len(record.suggested_citywide & wanted)
    return (float(hits), float(len(record.suggested_citywide)), float(len(wanted)))


def _kept(record: Record) -> Row | None:
    return None if record.case.goalless else (float(not record.answer["no_goal"]),)


def _found(record: Record) -> Row | None:
    return (float(record.answer["no_goal"]),) if record.case.goalless else None


def _citywide_only(record: Record) -> Row | None:
    if record.case.acceptable or not record.case.citywide:
        return None
    return (float(not record.suggested and not record.answer["no_goal"]),)


def _some_goal(record: Record) -> Row | None:
    score = record.best_confidence
    return None if score is None else (score, float(not record.case.goalless))


def _first_goal(record: Record) -> Row | None:
    if record.confidence is None:
        return None
    return (record.confidence, float(record.first in record.case.acceptable))


def _evidence(record: Record) -> Row | None:
    items = record.evidence
    if not items:
        return None
    return (float(all(record.case.text[item["start"] : item["end"]] == item["text"] for item in items)),)


METRICS: dict[str, Metric] = {
    "hit@1": Metric(
        "bestes Ziel an erster Stelle", lambda r: _one(metrics.hit_at(r.shown, _primary(r), 1)), mean, True
    ),
    "acceptable@1": Metric("erstes Ziel ist richtig (auch weitere richtige)", _acceptable_at_1, mean, True),
    "hit@3": Metric(
        "bestes Ziel unter den ersten drei", lambda r: _one(metrics.hit_at(r.shown, _primary(r), 3)), mean, True
    ),
    "hit@5": Metric(
        "bestes Ziel unter den ersten fünf", lambda r: _one(metrics.hit_at(r.shown, _primary(r), 5)), mean, True
    ),
    "mrr": Metric(
        "mittlerer Kehrwert des Rangs (unter den gezeigten fünf)",
        lambda r: _one(metrics.reciprocal_rank(r.shown, _primary(r))),
        mean,
    ),
    "ndcg@5": Metric(
        "nDCG der ersten fünf (bestes Ziel doppelt)", lambda r: _one(metrics.ndcg_at(r.shown, r.grades, SHOWN)), mean
    ),
    "area_accuracy": Metric("richtiger Produktbereich", _area, mean, True),
    "suggested_precision": Metric("Vorgeschlagene Ziele: Genauigkeit", _suggestions, pooled_precision),
    "suggested_recall": Metric("Vorgeschlagene Ziele: Vollständigkeit", _suggestions, pooled_recall),
    "suggested_f1": Metric("Vorgeschlagene Ziele: F1", _suggestions, pooled_f1),
    "citywide_recall@3": Metric(
        "gesamtstädtische Ziele unter den ersten drei",
        lambda r: _one(metrics.recall_at(r.citywide, r.case.citywide, 3)),
        mean,
    ),
    "citywide_precision": Metric("Gesamtstädtisch vorgeschlagen: Genauigkeit", _citywide_suggestions, pooled_precision),
    "citywide_recall": Metric("Gesamtstädtisch vorgeschlagen: Vollständigkeit", _citywide_suggestions, pooled_recall),
    "citywide_f1": Metric("Gesamtstädtisch vorgeschlagen: F1", _citywide_suggestions, pooled_f1),
    "no_goal_kept": Metric("Texte mit Ziel behalten (nicht „kein Ziel“ genannt)", _kept, mean, True),
    "no_goal_found": Metric("Texte ohne Ziel als solche erkannt", _found, mean, True),
    "citywide_only_found": Metric("nur gesamtstädtische Ziele: als solche erkannt", _citywide_only, mean, True),
    "auroc": Metric("Trennung von Texten mit und ohne Ziel (AUROC)", _some_goal, each(metrics.auroc)),
    "aurc": Metric(
        "Fehler über alle Abdeckungen (AURC)", _first_goal, each(metrics.area_under_risk_coverage), lower=True
    ),
    "ece": Metric(
        "Kalibrierungsfehler des ersten Ziels (ECE)",
        _first_goal,
        each(metrics.expected_calibration_error),
        lower=True,
    ),
    "brier": Metric("Brier-Wert des ersten Ziels", _first_goal, each(metrics.brier), lower=True),
    "evidence_in_text": Metric("Fundstellen stehen wörtlich im Text", _evidence, mean, True),
}

HEADLINE = ("hit@1", "acceptable@1", "hit@3", "mrr", "area_accuracy")


def rows_of(metric: Metric, records: Sequence[Record]) -> tuple[Floats, list[int]]:
    """The rows (n, k) of the cases that count for a metric, and their positions in `records`."""
    found = [(number, metric.row(record)) for number, record in enumerate(records)]
    kept = [(number, row) for number, row in found if row is not None]
    width = len(kept[0][1]) if kept else 1
    return np.array([row for _, row in kept], float).reshape(len(kept), width), [number for number, _ in kept]


def figure(metric: Metric, records: Sequence[Record], *, quick: bool = False) -> Figure:
    """The figure of a metric; with `quick`, shares get the Wilson interval and the others none."""
    columns, _ = rows_of(metric, records)
    n = len(columns)
    if not n:
        return Figure(None, None, 0)
    value = float(metric.statistic(columns))
    if not np.isfinite(value):
        return Figure(None, None, n)
    ci = None if quick else bootstrap(columns, metric.statistic)
    if ci is None and metric.share:
        ci = wilson(float(columns[:, 0].sum()), n)
    return Figure(value, ci, n)


def figures(records: Sequence[Record], names: Sequence[str] | None = None, *, quick: bool = False) -> dict[str, Figure]:
    """The figures of these metrics (all if None), by name."""
    return {name: figure(METRICS[name], records, quick=quick) for name in names or METRICS}
