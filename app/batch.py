"""Many projects through the matcher, and the rows of the resulting table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.journal import Answer, Journal
from data.catalogue import AreaId
from data.errors import UserError
from data.tables import Project
from index.encoder import file_digest
from index.matcher import Matcher
from index.result import Hit, Match

CITYWIDE_SHOWN = 3
CHUNK_ROWS = 256
CHUNK_CHARACTERS = 100_000  # long texts come in smaller chunks, so that progress is seen


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
    matcher: Matcher,
    projects: Sequence[Project],
    areas: Sequence[AreaId],
    top: int,
    max_characters: int,
    journal: Journal | None = None,
    turn: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Iterator[BatchRow]:
    """One row for each project, in order; a faulty text gives a row with an error.

    The rows that `journal` holds are taken from it, and each further chunk is in it before its first row is given. Each
    chunk is computed inside a new `turn`.

    Raises:
        UserError: an area that does not exist (before the first row), or a journal that cannot be written.
    """
    for area in areas:
        matcher.catalogue.area(area)
    if journal is not None:
        yield from (BatchRow(project, *answer) for project, answer in zip(projects, journal.answers(), strict=False))
    for chunk in _chunks(projects, journal.done if journal is not None else 0):
        with turn():
            answers = _answers(matcher, chunk, areas, top, max_characters)
        if journal is not None:
            journal.append(answers)
        yield from (BatchRow(project, *answer) for project, answer in zip(chunk, answers, strict=True))


def _chunks(projects: Sequence[Project], start: int) -> Iterator[Sequence[Project]]:
    """Stretches of projects to encode at once; cut the same way from the end of any earlier chunk on."""
    characters = 0
    for position in range(start, len(projects)):
        characters += len(projects[position].text)
        if position - start + 1 == CHUNK_ROWS or characters >= CHUNK_CHARACTERS or position + 1 == len(projects):
            yield projects[start : position + 1]
            start, characters = position + 1, 0


def _answers(
    matcher: Matcher, projects: Sequence[Project], areas: Sequence[AreaId], top: int, max_characters: int
) -> list[Answer]:
    errors = [_fault(matcher, project, top, max_characters) for project in projects]
    sound = [project.text for project, error in zip(projects, errors, strict=True) if not error]
    matches = iter(matcher.match_many(sound, areas, top))
    return [
        Answer(None, error) if error else Answer(replace(next(matches), id=project.id))
        for project, error in zip(projects, errors, strict=True)
    ]


def _fault(matcher: Matcher, project: Project, top: int, max_characters: int) -> str:
    """Why the row cannot be matched; blank where it can."""
    if project.fault:
        return project.fault
    try:
        matcher.check(project.text, top, max_characters)
    except UserError as error:
        return str(error)
    return ""


def job_of(
    matcher: Matcher, source: Path, text_column: str | None, areas: Sequence[AreaId], top: int, max_characters: int
) -> dict[str, str]:
    """All that the answers of a run depend on, by German names: what a journal is bound to."""
    manifest = matcher.index.manifest
    options = [text_column, [str(area) for area in areas], top, max_characters]
    return {
        "Eingabe": file_digest(source),
        "Optionen": json.dumps(options),
        "Zielkatalog": str(manifest["catalogue_digest"]),
        "Sprachmodell": str(manifest["model_fingerprint"]),
        "Suchindex": str(manifest["key"]),
        "Einstellungen": json.dumps(asdict(matcher.thresholds)),
        "Programmstand": version("isek-zielfinder"),
    }


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
