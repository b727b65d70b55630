"""A stored run to compare with: what `isek eval --json` printed then, case by case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import UserError
from eval.comparison import Difference, compare_rows
from eval.figures import HEADLINE, METRICS
from eval.run import Record
from eval.significance import holm

Outcomes = dict[str, dict[str, float]]  # case id → metric → its value for that case


def outcomes(records: Sequence[Record]) -> Outcomes:
    """The headline metrics of every case for which they are defined."""
    result: Outcomes = {}
    for record in records:
        rows = {name: METRICS[name].row(record) for name in HEADLINE}
        result[record.case.id] = {name: row[0] for name, row in rows.items() if row is not None}
    return result


def load_baseline(path: Path) -> dict[str, Any]:
    """The JSON object of a stored evaluation.

    Raises:
        UserError: unreadable, or not what `isek eval --json` prints.
    """
    try:
        report = json.loads(path.read_text("utf-8"))
        usable = all(isinstance(case, dict) for case in report["cases"].values()) and isinstance(report["split"], str)
    except OSError as error:
        raise UserError(
            f"Der Vergleichslauf «{path}» lässt sich nicht lesen ({error.strerror}); bitte den Pfad prüfen."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError):
        usable = False
    if not usable:
        raise UserError(f"«{path}» ist kein gespeicherter Lauf; erwartet wird die Ausgabe von «isek eval --json».")
    return dict(report)


def against_baseline(stored: Outcomes, records: Sequence[Record]) -> dict[str, Difference]:
    """The records minus the stored run, over the cases that both have; corrected for the number of metrics."""
    now = outcomes(records)
    found: dict[str, Difference] = {}
    for name in HEADLINE:
        common = [case for case in now if name in now[case] and name in stored.get(case, {})]
        before = np.array([[stored[case][name]] for case in common], float).reshape(-1, 1)
        after = np.array([[now[case][name]] for case in common], float).reshape(-1, 1)
        difference = compare_rows(METRICS[name], before, after)
        if difference is not None:
            found[name] = difference
    corrected = holm([difference.p for difference in found.values()])
    return {name: replace(difference, p_holm=p) for (name, difference), p in zip(found.items(), corrected, strict=True)}


def fallen(differences: dict[str, Difference]) -> list[str]:
    """The metrics that are significantly worse than in the stored run."""
    return [name for name, difference in differences.items() if difference.significant and difference.value < 0]
