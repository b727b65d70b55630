"""Runs over tables at the page, kept in the home folder for some days: a killed run goes on, and so does its review.

A run is a folder with the table as it came, the journal of the answers, its rows once they are all matched, and what was
decided of which row.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.settings import isek_home
from data.errors import UserError, reason

KEPT_DAYS = 7
MOST_OFFERED = 5
_RECORD, _DECIDED, _FINISHED = "lauf.json", "entschieden.jsonl", "fertig"


@dataclass(frozen=True)
class RowDecision:
    """What was decided of a row: number and revision of the project, and the words for a cell."""

    project: int
    revision: int
    told: str


@dataclass(frozen=True)
class StackRun:
    """A run of the person `by` over the table `name`; `column` holds the text, None: it is recognised."""

    folder: Path
    name: str
    column: str | None
    by: str
    begun: datetime

    @property
    def number(self) -> str:
        return self.folder.name

    @property
    def table(self) -> Path:
        return self.folder / f"tabelle{Path(self.name).suffix.lower()}"

    @property
    def journal(self) -> Path:
        return self.folder / "zwischenstand"

    @property
    def rows(self) -> Path:
        return self.folder / "zeilen"

    @property
    def finished(self) -> bool:
        return (self.folder / _FINISHED).exists()

    def finish(self) -> None:
        """Remember that all rows have their answers; they stay for the review."""
        with contextlib.suppress(OSError):
            (self.folder / _FINISHED).touch()

    def discard(self) -> None:
        """Delete the table and all that came of it; decisions in the store stay."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def remember(self, row: int, decision: RowDecision) -> None:
        """Keep what was decided of a row (from 0).

        Raises:
            UserError: the place cannot be written.
        """
        try:
            with (self.folder / _DECIDED).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps([row, vars(decision)], ensure_ascii=False) + "\n")
        except OSError as error:
            raise UserError(
                f"Entschieden ist es, aber der Stapel merkt es sich nicht: «{self.folder}» ist nicht beschreibbar ({reason(error)})."
            ) from error

    def decided(self) -> dict[int, RowDecision]:
        """What was decided by row; a line that was cut off counts for nothing."""
        found: dict[int, RowDecision] = {}
        with contextlib.suppress(OSError):
            for line in (self.folder / _DECIDED).read_text("utf-8").splitlines():
                with contextlib.suppress(ValueError, TypeError):
                    row, given = json.loads(line)
                    found[int(row)] = RowDecision(**given)
        return found


def begin_run(upload: Path, column: str | None, by: str, home: Path | None = None) -> StackRun:
    """A new run over a copy of an uploaded table; it appears under its name when it is complete.

    Raises:
        UserError: the home folder cannot be written.
    """
    parent, begun = _folder(home), datetime.now(UTC)
    number = f"{begun:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".neu-", dir=parent))
        run = StackRun(making, upload.name, column, by, begun)
        shutil.copyfile(upload, run.table)
        record = {"name": run.name, "column": column, "by": by, "begun": begun.isoformat()}
        (making / _RECORD).write_text(json.dumps(record, ensure_ascii=False), "utf-8")
        making.replace(parent / number)
    except OSError as error:
        raise UserError(f"In «{parent}» lässt sich nicht schreiben ({reason(error)}).") from error
    return StackRun(parent / number, run.name, column, by, begun)


def runs_of(by: str, home: Path | None = None) -> list[StackRun]:
    """The runs of a person, newest first; those older than KEPT_DAYS are deleted on the way."""
    sweep_runs(home)
    found = [run for run in map(_read, sorted(_folder(home).glob("[0-9]*"), reverse=True)) if run and run.by == by]
    return found[:MOST_OFFERED]


def sweep_runs(home: Path | None = None) -> None:
    """Delete the runs of everybody that nobody has worked on for KEPT_DAYS."""
    for folder in _old(_folder(home), time.time() - KEPT_DAYS * 86_400):
        shutil.rmtree(folder, ignore_errors=True)


def forget_runs(project: int, home: Path | None = None) -> None:
    """Delete the runs of everybody in which a row was decided as this project: their tables hold its text.

    Raises:
        UserError: one of them cannot be deleted.
    """
    for folder in _folder(home).glob("[0-9]*"):
        run = StackRun(folder, "", None, "", datetime.now(UTC))  # a damaged record keeps no text
        if any(made.project == project for made in run.decided().values()):
            run.discard()
            if folder.exists():
                raise UserError(f"«{folder}» enthält den Text von Projekt {project} und lässt sich nicht löschen.")


def run_of(number: object, by: str, home: Path | None = None) -> StackRun:
    """A run by its number.

    Raises:
        UserError: there is none of this person.
    """
    for run in runs_of(by, home):
        if run.number == number:
            return run
    raise UserError("Diesen Lauf gibt es nicht mehr; bitte die Tabelle noch einmal öffnen.")


def _folder(home: Path | None) -> Path:
    return (home or isek_home()) / "stapel"


def _read(folder: Path) -> StackRun | None:
    try:
        record: dict[str, Any] = json.loads((folder / _RECORD).read_text("utf-8"))
        begun = datetime.fromisoformat(record["begun"])
        return StackRun(folder, Path(record["name"]).name, record["column"], record["by"], begun)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _old(parent: Path, limit: float) -> Iterator[Path]:
    if parent.is_dir():
        for folder in parent.iterdir():
            with contextlib.suppress(OSError):
                if max(path.stat().st_mtime for path in (folder, *folder.iterdir())) < limit:
                    yield folder
