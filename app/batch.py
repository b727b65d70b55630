"""Many projects through the matcher, and the rows of the resulting table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from data.catalogue import AreaId
from data.errors import UserError
from data.tables import Project
from index.matcher import Matcher
from index.result import Hit, Match

CITYWIDE_SHOWN = 3


@dataclass(frozen=True)
class BatchRow:
    """A project with its answer, or with the German sentence that says why there is none."""

    project: Project
    match: Match | None
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON of the match, or id and error."""
        if self.match is None:
            return {"id": self.project.id, "error": self.error}
        return self.match.to_json()


def match_projects(
    matcher: Matcher, projects: Iterable[Project], areas: Sequence[AreaId], top: int, max_characters: int
) -> Iterator[BatchRow]:
    """One row for each project, in order; a faulty text gives a row with an error.

    Raises:
        UserError: an area that does not exist (before the first row).
    """
    for area in areas:
        matcher.catalogue.area(area)
    for project in projects:
        if project.fault:
            yield BatchRow(project, None, project.fault)
            continue
        try:
            match = matcher.match(project.text, areas, top, identity=project.id, max_characters=max_characters)
            yield BatchRow(project, match)
        except UserError as error:
            yield BatchRow(project, None, str(error))


def output_columns(given: Sequence[str], top: int, n_citywide: int) -> list[str]:
    """The input's columns and then ours; an input column of the same name as one of ours is replaced by ours."""
    ours = ["no_goal", "area", "area_title", "area_confidence"]
    for rank in range(1, top + 1):
        ours += [f"goal_{rank}{part}" for part in ("", "_title", "_confidence", "_evidence")]
    for rank in range(1, min(CITYWIDE_SHOWN, n_citywide) + 1):
        ours += [f"citywide_{rank}{part}" for part in ("", "_title", "_confidence")]
    ours.append("error")
    kept = [name for name in given if name not in ours]
    if not any(name.strip().lower() == "id" for name in kept):
        kept.insert(0, "id")
    return kept + ours


def output_row(row: BatchRow, columns: Sequence[str]) -> dict[str, Any]:
    """The cells of a row; the area and the goals as the match ranks them, empty where there are fewer."""
    id_column = next(name for name in columns if name.strip().lower() == "id")
    ours = columns[columns.index("no_goal") :]
    kept = {name: value for name, value in row.project.row.items() if name not in ours}
    cells: dict[str, Any] = {**kept, id_column: row.project.id, "error": row.error}
    match = row.match
    if match is None:
        return cells
    cells |= {
        "no_goal": "ja" if match.no_goal else "nein",
        "area": match.area.id,
        "area_title": match.area.title,
        "area_confidence": round(match.area.confidence, 4),
    }
    for rank, hit in enumerate(match.goals, 1):
        cells |= _goal_cells(f"goal_{rank}", hit)
        cells[f"goal_{rank}_evidence"] = " | ".join(item.text for item in hit.evidence)
    for rank, hit in enumerate(match.citywide[:CITYWIDE_SHOWN], 1):
        cells |= _goal_cells(f"citywide_{rank}", hit)
    return cells


def _goal_cells(name: str, hit: Hit) -> dict[str, Any]:
    return {name: hit.id, f"{name}_title": hit.title, f"{name}_confidence": round(hit.confidence, 4)}
