"""Two answers to the same text: whether staff would see another assignment, whatever is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eval.run import SHOWN, Record

NOTHING = "kein Ziel"


class Assignment(NamedTuple):
    """What an answer recommends: the goals of the product areas and the city-wide ones, best first; both may be empty."""

    goals: tuple[str, ...]
    citywide: tuple[str, ...]

    @property
    def first(self) -> str:
        """The goal that stands for the answer: the best of a product area, else the best city-wide one, else none."""
        return next(iter((*self.goals, *self.citywide)), NOTHING)

    def __str__(self) -> str:
        return ", ".join((*self.goals, *self.citywide)) or NOTHING


@dataclass(frozen=True)
class AnswerChange:
    """A text whose assignment differs between two answerers; `judged` is False where no label says which one is right."""

    case: str
    text: str
    before: Assignment
    after: Assignment
    judged: bool = True

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(goal for goal in (*self.after.goals, *self.after.citywide) if goal not in _all(self.before))

    @property
    def dropped(self) -> tuple[str, ...]:
        return tuple(goal for goal in (*self.before.goals, *self.before.citywide) if goal not in _all(self.after))

    @property
    def first_differs(self) -> bool:
        return self.before.first != self.after.first

    def to_json(self) -> dict[str, Any]:
        """Without the text, which is the labelled set's."""
        return {
            "id": self.case,
            "before": {"goals": list(self.before.goals), "citywide": list(self.before.citywide)},
            "after": {"goals": list(self.after.goals), "citywide": list(self.after.citywide)},
            "added": list(self.added),
            "dropped": list(self.dropped),
            "judged": self.judged,
        }


def _all(assignment: Assignment) -> tuple[str, ...]:
    return assignment.goals + assignment.citywide


def assignment(answer: dict[str, Any]) -> Assignment:
    """The recommended goals of an answer in the JSON of `match --json`."""
    if answer["no_goal"]:
        return Assignment((), ())
    return Assignment(
        tuple(hit["id"] for hit in answer["goals"][:SHOWN] if hit["suggested"]),
        tuple(hit["id"] for hit in answer["citywide"] if hit["suggested"]),
    )


def answer_changes(first: Sequence[Record], second: Sequence[Record], judged: Iterable[str]) -> list[AnswerChange]:
    """The texts of both runs that are assigned otherwise in the second, in the order of the first.

    A change is another set of recommended goals or another first one. `judged` are the ids of the cases whose label both
    catalogues know.
    """
    later, known, found = {record.case.id: record for record in second}, set(judged), []
    for record in first:
        if record.case.id not in later:
            continue
        before, after = assignment(record.answer), assignment(later[record.case.id].answer)
        if set(_all(before)) != set(_all(after)) or before.first != after.first:
            found.append(AnswerChange(record.case.id, record.case.text, before, after, record.case.id in known))
    return found


def goal_changes(changes: Sequence[AnswerChange]) -> list[tuple[str, int, int]]:
    """For each goal how many texts it gained and lost, those with most changes first."""
    gained = Counter(goal for change in changes for goal in change.added)
    lost = Counter(goal for change in changes for goal in change.dropped)
    goals = sorted({*gained, *lost}, key=lambda goal: (-gained[goal] - lost[goal], goal))
    return [(goal, gained[goal], lost[goal]) for goal in goals]
