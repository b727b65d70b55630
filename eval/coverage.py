"""Which goals of a catalogue projects serve, and which none does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.catalogue import AreaId, Catalogue, Goal
from eval.intervals import Interval, wilson
from eval.run import Record

FEW = 5  # with fewer labelled cases a goal's recognition is not judged
WEAK_BELOW = 0.5  # a goal that is suggested for less than half of its labelled cases is recognised weakly


@dataclass(frozen=True)
class Served:
    """A project and the ids of the goals it serves on both levels; `key` is what people know it by."""

    key: str
    title: str
    text: str
    goals: frozenset[str]


@dataclass(frozen=True)
class GoalCoverage:
    """A goal with the positions of the projects that serve it."""

    goal: Goal
    projects: tuple[int, ...]

    @property
    def served(self) -> bool:
        return bool(self.projects)


@dataclass(frozen=True)
class Coverage:
    """All goals of a catalogue, in its order. `unknown` are goals that projects name and the catalogue does not have,
    `without_goal` how many of the projects serve no goal of the catalogue."""

    goals: tuple[GoalCoverage, ...]
    projects: tuple[Served, ...]
    unknown: tuple[str, ...]
    without_goal: int

    @property
    def unserved(self) -> tuple[GoalCoverage, ...]:
        return tuple(line for line in self.goals if not line.served)

    def of_area(self, area: AreaId | None) -> tuple[GoalCoverage, ...]:
        """The goals of one product area; None stands for the city-wide level."""
        return tuple(line for line in self.goals if line.goal.area == area)


def coverage(catalogue: Catalogue, projects: Iterable[Served]) -> Coverage:
    """The coverage of a catalogue by projects."""
    chosen = tuple(projects)
    found: dict[str, list[int]] = {goal.id: [] for goal in catalogue.goals}
    unknown: set[str] = set()
    for position, project in enumerate(chosen):
        for goal in project.goals:
            if goal in found:
                found[goal].append(position)
            else:
                unknown.add(goal)
    lines = tuple(GoalCoverage(goal, tuple(found[goal.id])) for goal in catalogue.goals)
    empty = sum(not project.goals & found.keys() for project in chosen)
    return Coverage(lines, chosen, tuple(sorted(unknown)), empty)


@dataclass(frozen=True)
class Recognition:
    """Of `cases` labelled texts that serve a goal, for how many the software suggests it."""

    cases: int
    suggested: int

    @property
    def few(self) -> bool:
        """Whether the cases are too few to say anything."""
        return self.cases < FEW

    @property
    def weak(self) -> bool:
        """Whether the goal is recognised weakly; never said of a goal with few cases."""
        return not self.few and self.suggested < WEAK_BELOW * self.cases

    @property
    def interval(self) -> Interval | None:
        """The Wilson interval of the share that is suggested; None without cases."""
        return wilson(self.suggested, self.cases)


def recognition(records: Sequence[Record], catalogue: Catalogue) -> dict[str, Recognition]:
    """How well each goal of the catalogue is recognised in the answers to labelled cases, by its id."""
    result = {}
    for goal in catalogue.goals:
        found = [_suggested(record, goal) for record in records if goal.id in _right(record, goal)]
        result[goal.id] = Recognition(len(found), sum(found))
    return result


def _right(record: Record, goal: Goal) -> Iterable[str]:
    return record.case.citywide if goal.area is None else record.case.acceptable


def _suggested(record: Record, goal: Goal) -> bool:
    return goal.id in (record.suggested_citywide if goal.area is None else record.suggested)
