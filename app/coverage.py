"""Coverage of the goals by what was decided or by what the software suggests for a table, and the overlaps in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.batch import match_projects
from app.decisions.records import ACCEPTED, ADDED, Decision
from app.desk import MEGA, TOP, Desk
from data.tables import read_projects
from eval.coverage import Coverage, GoalCoverage, Recognition, Served
from index.overlap import Overlap, likest_passages, overlaps, pairs_with_common_goal
from index.passages import Passage

MOST_COMPARED = 3_000  # projects whose texts are compared with each other: all pairs of so many take seconds, not hours
MOST_PAIRS = 50
_AT_ONCE = 64
Progress = Callable[[int, int], None]

COLUMNS = (
    "ebene",
    "bereich",
    "bereich_titel",
    "ziel",
    "ziel_titel",
    "projekte",
    "projekt_kennungen",
    "beispiele",
    "davon_vorgeschlagen",
)
PAIR_COLUMNS = (
    "projekt_1",
    "titel_1",
    "stelle_1",
    "projekt_2",
    "titel_2",
    "stelle_2",
    "ziele",
    "aehnlichkeit",
    "gleiche_woerter",
    "gleiche_bedeutung",
)


def decided(decisions: Iterable[Decision]) -> Iterator[Served]:
    """The projects of decisions in force, with the goals that staff accepted or added."""
    for decision in decisions:
        if decision.withdrawn:
            continue
        draft = decision.draft
        goals = frozenset(line.goal for line in draft.goals if line.verdict in (ACCEPTED, ADDED))
        number = f"Entscheidung {decision.project}"
        key = f"{draft.reference} ({number})" if draft.reference else number
        yield Served(key, draft.title, draft.text, goals)


class SuggestedTable:
    """The projects of a table with the goals that the software suggests for them. `projects` grows with `steps`."""

    def __init__(self, desk: Desk, path: Path, text_column: str | None) -> None:
        """Raises UserError or LimitError when the table cannot be read."""
        given = desk.settings
        self._desk, self._table = desk, read_projects(path, text_column, given.max_rows, given.max_unpacked_mb * MEGA)
        self.total, self.faulty = len(self._table.projects), 0
        self.projects: list[Served] = []

    def steps(self, every: int = 20) -> Iterator[int]:
        """Match all rows; yields how many are done, every few rows."""
        limit = self._desk.settings.max_text_characters
        for done, row in enumerate(match_projects(self._desk.matcher, self._table.projects, (), TOP, limit), 1):
            if row.match is None:
                self.faulty += 1
            else:
                hits = (*row.match.goals, *row.match.citywide)
                text = row.project.text if len(self.projects) < MOST_COMPARED else ""
                title = str(next((row.project.row[name] for name in row.project.row if _is_title(name)), "") or "")
                goals = frozenset(hit.id for hit in hits if hit.suggested)
                self.projects.append(Served(row.project.id, title, text, goals))
            if done % every == 0:
                yield done


def _is_title(column: str) -> bool:
    return column.strip().lower() in ("titel", "name", "title")


@dataclass(frozen=True)
class FoundPair:
    """Two projects that may be the same, with the passage of each that is most like one of the other."""

    first: Served
    second: Served
    overlap: Overlap
    passages: tuple[Passage, Passage]


@dataclass(frozen=True)
class Overlaps:
    """The likest pairs, of `found` in all; `compared` projects with a text made `pairs` pairs with a goal in common."""

    shown: tuple[FoundPair, ...]
    found: int
    compared: int
    left_out: int
    pairs: int


def find_overlaps(desk: Desk, projects: Iterable[Served], progress: Progress = lambda _done, _total: None) -> Overlaps:
    """Compare the texts of the first MOST_COMPARED projects that have text and goals."""
    usable = [project for project in projects if project.text.strip() and project.goals]
    chosen = usable[:MOST_COMPARED]
    sketches = []
    for start in range(0, len(chosen), _AT_ONCE):
        sketches += desk.matcher.sketches([project.text for project in chosen[start : start + _AT_ONCE]])
        progress(len(sketches), len(chosen))
    goals = [project.goals for project in chosen]
    found = overlaps(sketches, goals)
    shown = tuple(
        FoundPair(
            chosen[pair.first],
            chosen[pair.second],
            pair,
            likest_passages(sketches[pair.first], sketches[pair.second]),
        )
        for pair in found[:MOST_PAIRS]
    )
    return Overlaps(shown, len(found), len(chosen), len(usable) - len(chosen), pairs_with_common_goal(goals))


def coverage_rows(
    covered: Coverage, areas: Mapping[Any, str], known: Mapping[str, Recognition] | None
) -> Iterator[dict[str, Any]]:
    """One row for each goal, by the names in COLUMNS; `areas` are the titles of the product areas."""
    for line in covered.goals:
        goal, measured = line.goal, (known or {}).get(line.goal.id)
        cells = (
            "gesamtstädtisch" if goal.area is None else "Produktbereich",
            "" if goal.area is None else goal.area,
            "" if goal.area is None else areas[goal.area],
            goal.id,
            goal.title,
            len(line.projects),
            ", ".join(_keys(covered, line)),
            measured.cases if measured else "",
            measured.suggested if measured else "",
        )
        yield dict(zip(COLUMNS, cells, strict=True))


def _keys(covered: Coverage, line: GoalCoverage) -> Iterator[str]:
    return (covered.projects[position].key for position in line.projects[:100])


def pair_rows(found: Overlaps) -> Iterator[dict[str, Any]]:
    """One row for each pair that is shown, by the names in PAIR_COLUMNS."""
    for pair in found.shown:
        cells = (
            pair.first.key,
            pair.first.title,
            pair.passages[0].text,
            pair.second.key,
            pair.second.title,
            pair.passages[1].text,
            ", ".join(sorted(pair.overlap.goals)),
            round(pair.overlap.likeness, 3),
            round(pair.overlap.words, 3),
            round(pair.overlap.meaning, 3),
        )
        yield dict(zip(PAIR_COLUMNS, cells, strict=True))
