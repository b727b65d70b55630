"""Two people judged the same texts: how far they agree, and so how well a machine could do at best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from eval.figures import Figure, each
from eval.intervals import Interval, bootstrap, wilson
from eval.metrics import cohen_kappa

Pair = tuple[LabelledCase, LabelledCase]
Answer = Callable[[LabelledCase], object]

# What is compared: German name → the answer of a case. City-wide goals come on top, each goal a yes or no.
LEVELS: dict[str, Answer] = {
    "passt ein Ziel": lambda case: not case.goalless,
    "Produktbereich": lambda case: "" if case.area is None else str(case.area),
    "bestes Ziel": lambda case: case.primary or "",
}
CITYWIDE = "gesamtstädtische Ziele"


@dataclass(frozen=True)
class Level:
    """Agreement on one question: Cohen's kappa, its interval, the share of equal answers, the number of answers."""

    name: str
    kappa: float | None
    ci: Interval | None
    equal: float
    n: int

    def to_json(self) -> dict[str, Any]:
        ci = None if self.ci is None else list(self.ci)
        return {"kappa": self.kappa, "ci": ci, "equal": self.equal, "n": self.n}


@dataclass(frozen=True)
class Agreement:
    """All levels; `second` measures the second person by the first as the machine is measured; `disagreements` are the
    cases whose best goal, area or goal-lessness differ."""

    levels: tuple[Level, ...]
    second: dict[str, Figure]
    disagreements: tuple[Pair, ...]
    left_out: int


def pairs_of(first: Sequence[LabelledCase], second: Sequence[LabelledCase]) -> list[Pair]:
    """The cases that both files have, by id.

    Raises:
        UserError: none in common, or the same id stands for two texts.
    """
    by_id = {case.id: case for case in second}
    pairs = [(case, by_id[case.id]) for case in first if case.id in by_id]
    if not pairs:
        raise UserError(
            "Die beiden Dateien haben keinen Fall gemeinsam; verglichen werden Fälle mit derselben Kennung (id)."
        )
    for a, b in pairs:
        if a.text.split() != b.text.split():
            raise UserError(f"Der Fall {a.id!r} hat in den beiden Dateien verschiedene Texte; bitte angleichen.")
    return pairs


def agreement(pairs: Sequence[Pair], catalogue: Catalogue, n_cases: int) -> Agreement:
    """Agreement over the pairs; `n_cases` is the number of different cases in both files together."""
    levels = [_level(name, [(answer(a), answer(b)) for a, b in pairs]) for name, answer in LEVELS.items()]
    goals = [goal.id for goal in catalogue.citywide_goals]
    if goals:
        levels.append(_citywide([[(g in a.citywide, g in b.citywide) for g in goals] for a, b in pairs]))
    differing = [(a, b) for a, b in pairs if any(answer(a) != answer(b) for answer in LEVELS.values())]
    return Agreement(tuple(levels), second_person(pairs), tuple(differing), n_cases - len(pairs))


def _level(name: str, answers: Sequence[tuple[object, object]]) -> Level:
    codes = {answer: number for number, answer in enumerate(dict.fromkeys(item for pair in answers for item in pair))}
    columns = np.array([(codes[a], codes[b]) for a, b in answers], float)
    equal = float(np.mean(columns[:, 0] == columns[:, 1]))
    return Level(name, _kappa(columns[:, 0], columns[:, 1]), bootstrap(columns, each(_kappa)), equal, len(columns))


def _citywide(answers: Sequence[Sequence[tuple[bool, bool]]]) -> Level:
    """Kappa over all (case, goal) decisions; whole cases are resampled, because their decisions hang together."""
    columns = np.array(answers, float).reshape(len(answers), -1)  # (n, 2 · goals), the two people alternating
    flat = columns.reshape(-1, 2)

    def kappa(rows: np.ndarray) -> np.ndarray:
        samples = rows.reshape(*rows.shape[:-2], -1, 2)
        return each(_kappa)(samples)

    equal = float(np.mean(flat[:, 0] == flat[:, 1]))
    return Level(CITYWIDE, _kappa(flat[:, 0], flat[:, 1]), bootstrap(columns, kappa), equal, len(flat))


def _kappa(first: np.ndarray, second: np.ndarray) -> float | None:
    return cohen_kappa(first.tolist(), second.tolist())


def second_person(pairs: Sequence[Pair]) -> dict[str, Figure]:
    """The second person's best goal and area, measured by the first person's labels as the machine's are."""
    with_primary = [(a, b) for a, b in pairs if a.primary]
    outcomes = {
        "hit@1": [b.primary == a.primary for a, b in with_primary],
        "acceptable@1": [b.primary in a.acceptable for a, b in with_primary],
        "area_accuracy": [str(b.area) == str(a.area) for a, b in with_primary],
        "no_goal_kept": [not b.goalless for a, b in pairs if not a.goalless],
        "no_goal_found": [b.goalless for a, b in pairs if a.goalless],
    }
    return {
        name: Figure(float(np.mean(values)) if values else None, wilson(sum(values), len(values)), len(values))
        for name, values in outcomes.items()
    }
