"""From probabilities to an answer: which goals are recommended, and whether any goal fits at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.result import NO_CONTENT, NO_GOAL_FITS, TOO_UNCERTAIN

LEAST = 0.2  # a goal below this probability is never recommended, whatever the text as a whole looks like


@dataclass(frozen=True)
class Thresholds:
    """When to recommend and when to abstain; chosen on the dev split, each a probability in [0, 1]."""

    suggest: float = 0.25  # a product-area goal is suggested from this confidence on
    suggest_citywide: float = 0.2
    any_goal: float = 0.75  # below it no goal fits
    any_area_goal: float = 0.5  # below it only city-wide goals may fit
    close: float = 0.15  # two suggested goals nearer than this call for a question


@dataclass(frozen=True)
class Decision:
    """`reason` says why no goal fits (None: some goal does); the sets hold positions in the probabilities given."""

    reason: str | None
    area_goal_fits: bool
    suggested: frozenset[int]
    citywide: frozenset[int]


def decide(
    goals: Sequence[float],
    citywide: Sequence[float],
    any_area_goal: float,
    any_goal: float,
    thresholds: Thresholds,
    *,
    speaks: bool = True,
) -> Decision:
    """The answer to one text.

    goals, citywide: the probability of each goal; `any_area_goal`, `any_goal`: that some goal fits; `speaks`: whether
    the text has content. The best goal is suggested wherever some product-area goal fits; where none does but
    some goal must, the best city-wide goal is the answer.
    """
    area_fits = any_area_goal >= thresholds.any_area_goal and max(goals, default=0.0) >= LEAST
    named = area_fits or max(citywide, default=0.0) >= LEAST
    reason = _reason(any_goal, named, thresholds) if speaks else NO_CONTENT
    if reason is not None:
        return Decision(reason, False, frozenset(), frozenset())
    suggested = _chosen(goals, thresholds.suggest, best=True) if area_fits else frozenset()
    return Decision(None, area_fits, suggested, _chosen(citywide, thresholds.suggest_citywide, best=not area_fits))


def _reason(any_goal: float, named: bool, thresholds: Thresholds) -> str | None:
    if any_goal < 0.5 * thresholds.any_goal:
        return NO_GOAL_FITS
    return None if any_goal >= thresholds.any_goal and named else TOO_UNCERTAIN


def _chosen(probabilities: Sequence[float], least: float, best: bool) -> frozenset[int]:
    chosen = {position for position, value in enumerate(probabilities) if value >= least}
    if best and len(probabilities):
        chosen.add(max(range(len(probabilities)), key=lambda position: (probabilities[position], -position)))
    return frozenset(chosen)
