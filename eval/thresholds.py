"""From which probability on to suggest a goal, and below which to say "kein Ziel": chosen on dev, measured on test.

The probabilities of a text do not depend on the thresholds, so they are computed once; `decide` then says for any
thresholds what the matcher would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.labelled import LabelledCase
from eval.figures import pooled_f1
from eval.metrics import Floats
from eval.run import SHOWN, CrossFitted
from eval.significance import paired_permutation
from index import decision
from index.decision import Thresholds
from index.features import FeatureMaker
from index.matcher import Matcher
from index.passages import has_content, read

GRID = tuple(step / 20 for step in range(1, 20))


@dataclass(frozen=True)
class Judged:
    """A case with its probabilities; `goals` and `citywide` are (id, probability), best first."""

    case: LabelledCase
    goals: tuple[tuple[str, float], ...]
    citywide: tuple[tuple[str, float], ...]
    any_area_goal: float
    any_goal: float


@dataclass(frozen=True)
class Decision:
    no_goal: bool
    suggested: frozenset[str]
    citywide: frozenset[str]


def judge(answerer: CrossFitted, cases: Sequence[LabelledCase]) -> list[Judged]:
    """The probabilities of each case, by a matcher that has not seen it."""
    return [_judge(answerer.matcher_for(case)[0], case) for case in cases]


def _judge(matcher: Matcher, case: LabelledCase) -> Judged:
    index, catalogue = matcher.index, matcher.catalogue
    maker = FeatureMaker(index.lexicon, index.weights, index.columns, matcher.encoder.encode)
    scores = matcher.scores(maker.raw_scores(maker.features([maker.reconsidered(read(case.text))])[0]))
    return Judged(
        case,
        _ranked([goal.id for goal in catalogue.area_goals], scores.goals),
        _ranked([goal.id for goal in catalogue.citywide_goals], scores.citywide),
        scores.any_area_goal,
        scores.any_goal if has_content(case.text) else 0.0,
    )


def _ranked(ids: Sequence[str], probabilities: Floats) -> tuple[tuple[str, float], ...]:
    order = np.argsort(-probabilities, kind="stable")
    return tuple((ids[place], float(probabilities[place])) for place in order)


def decide(judged: Judged, thresholds: Thresholds) -> Decision:
    """What the matcher answers with these thresholds."""
    goals, citywide = [p for _, p in judged.goals], [p for _, p in judged.citywide]
    made = decision.decide(goals, citywide, judged.any_area_goal, judged.any_goal, thresholds)
    return Decision(
        made.reason is not None,
        frozenset(judged.goals[place][0] for place in made.suggested if place < SHOWN),
        frozenset(judged.citywide[place][0] for place in made.citywide),
    )


@dataclass(frozen=True)
class Quality:
    """What thresholds achieve on a set of cases; None where the set has no such case."""

    kept: float | None
    found: float | None
    suggested_f1: float | None
    citywide_f1: float | None


def quality(judged: Sequence[Judged], thresholds: Thresholds) -> Quality:
    decisions = [decide(item, thresholds) for item in judged]
    goalless = np.array([item.case.goalless for item in judged], bool)
    refused = np.array([decision.no_goal for decision in decisions], bool)
    return Quality(
        kept=float(np.mean(~refused[~goalless])) if (~goalless).any() else None,
        found=float(np.mean(refused[goalless])) if goalless.any() else None,
        suggested_f1=_f1(suggestion_rows(judged, thresholds)),
        citywide_f1=_f1(citywide_rows(judged, thresholds)),
    )


def suggestion_rows(judged: Sequence[Judged], thresholds: Thresholds) -> Floats:
    """(n, 3) hits, suggested and right product-area goals of each case."""
    return _rows([(decide(item, thresholds).suggested, item.case.acceptable) for item in judged])


def citywide_rows(judged: Sequence[Judged], thresholds: Thresholds) -> Floats:
    """(n, 3) hits, suggested and right city-wide goals of each case."""
    return _rows([(decide(item, thresholds).citywide, frozenset(item.case.citywide)) for item in judged])


def _rows(sets: Sequence[tuple[frozenset[str], frozenset[str]]]) -> Floats:
    return np.array([(len(said & right), len(said), len(right)) for said, right in sets], float).reshape(-1, 3)


def _f1(rows: Floats) -> float | None:
    value = float(pooled_f1(rows)) if len(rows) else float("nan")
    return value if np.isfinite(value) else None


def tune(judged: Sequence[Judged], current: Thresholds) -> Thresholds:
    """The best thresholds on these cases; where several are equally good, those nearest to the current ones.

    First the refusal (fewest texts wrongly refused or wrongly answered), then both thresholds of the product-area
    suggestions (F1), then that of the city-wide ones (F1).
    """
    chosen = _best(
        [replace(current, any_goal=value) for value in _around(current.any_goal)],
        lambda made: -sum(decide(item, made).no_goal != item.case.goalless for item in judged),
        current,
    )
    pairs = [(a, b) for a in _around(current.any_area_goal) for b in _around(current.suggest)]
    chosen = _best(
        [replace(chosen, any_area_goal=a, suggest=b) for a, b in pairs],
        lambda made: _f1(suggestion_rows(judged, made)) or 0.0,
        chosen,
    )
    return _best(
        [replace(chosen, suggest_citywide=value) for value in _around(current.suggest_citywide)],
        lambda made: _f1(citywide_rows(judged, made)) or 0.0,
        chosen,
    )


def _around(value: float) -> list[float]:
    return sorted({*GRID, value})


def _best(candidates: Sequence[Thresholds], worth: Callable[[Thresholds], float], current: Thresholds) -> Thresholds:
    def distance(made: Thresholds) -> float:
        return float(sum(abs(getattr(made, name) - getattr(current, name)) for name in vars(current)))

    return max(candidates, key=lambda made: (round(worth(made), 9), -distance(made)))


def chance(judged: Sequence[Judged], old: Thresholds, new: Thresholds) -> tuple[float, float]:
    """p-values of the differences in the two F1 between old and new thresholds on these cases."""
    return (
        paired_permutation(suggestion_rows(judged, old), suggestion_rows(judged, new), pooled_f1),
        paired_permutation(citywide_rows(judged, old), citywide_rows(judged, new), pooled_f1),
    )
