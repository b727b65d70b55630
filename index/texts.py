"""The texts that stand for goals: what a catalogue's profiles, labelled cases and the goal-less examples contribute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from data.background import Background
from data.catalogue import Catalogue, Goal
from data.labelled import LabelledCase

NO_GOAL = "∅"  # the class of texts that serve no goal at all
CITYWIDE_ONLY = "∗"  # the class of texts that no product-area goal covers, only city-wide ones
NEUTRAL = "–"  # the class of sentences that say nothing about the topic: procedure, thanks, schedules


class GoalText(NamedTuple):
    """One text and what it stands for.

    `goal` is a goal id, one of the classes above, or an area id in brackets (product groups without a goal); `kind` is
    title, meaning, term, example, crosscutting, label, group, goalless or neutral.
    """

    goal: str
    kind: str
    text: str


@dataclass(frozen=True)
class Corpus:
    """All texts an index is built from, and the labelled cases among them.

    `labels` are aligned with the texts of kind ``label`` (in order).
    """

    texts: tuple[GoalText, ...]
    labels: tuple[LabelledCase, ...]

    @property
    def profile_texts(self) -> tuple[GoalText, ...]:
        """The texts less the labelled ones."""
        return self.texts[: len(self.texts) - len(self.labels)]

    @property
    def texts_per_goal(self) -> float:
        """How many profile texts a goal has on average."""
        own = [text.goal for text in self.profile_texts if text.kind not in ("group", "goalless", "neutral")]
        return len(own) / max(1, len(set(own)))

    @property
    def digest(self) -> str:
        """SHA-256 over all texts and labels."""
        labels = [[case.id, case.primary, case.secondary, case.citywide, case.area] for case in self.labels]
        return hashlib.sha256(json.dumps([self.texts, labels], ensure_ascii=True).encode()).hexdigest()


def corpus_of(
    catalogue: Catalogue, background: Background, labels: Iterable[LabelledCase], profiles: bool = True
) -> Corpus:
    """The texts of a catalogue; with ``profiles=False`` the goals' titles alone."""
    known = catalogue.by_id.keys()
    usable = tuple(case for case in labels if known >= case.acceptable | set(case.citywide))
    texts = [text for goal in catalogue.goals for text in _goal_texts(goal, profiles)]
    texts += [GoalText(f"[{area.id}]", "group", group) for area in catalogue.areas for group in area.groups]
    texts += [GoalText(NO_GOAL, "goalless", text) for text in background.goalless]
    texts += [GoalText(NEUTRAL, "neutral", text) for text in background.neutral]
    texts += [GoalText(class_of(case), "label", case.text) for case in usable]
    return Corpus(tuple(texts), usable)


def class_of(case: LabelledCase) -> str:
    """What a labelled case is an example of: its primary goal, or the class of texts without one."""
    return case.primary or (CITYWIDE_ONLY if case.citywide else NO_GOAL)


def _goal_texts(goal: Goal, profiles: bool) -> Iterator[GoalText]:
    yield GoalText(goal.id, "title", goal.title)
    if not profiles:
        return
    if goal.meaning:
        yield GoalText(goal.id, "meaning", goal.meaning)
    yield from (GoalText(goal.id, "term", term) for term in goal.terms)
    yield from (GoalText(goal.id, "example", example) for example in goal.examples)
    yield from (GoalText(goal.id, "crosscutting", example) for example in goal.crosscutting)
