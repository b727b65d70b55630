"""A table of projects on its way through the matcher: steps to follow, rows to review, files to take home."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from app.batch import job_of, match_projects, output_columns, output_row
from app.desk import MEGA, TOP, Desk
from app.downloads import download_files
from app.journal import Journal
from app.stack_rows import Rows, RowsWriter
from app.stack_runs import StackRun
from data.errors import grouped
from data.tables import TableWriter, read_projects

DECISION_COLUMNS = ("entscheidung", "entscheidung_nr")
CHANGED = "Zielkatalog, Modell oder Einstellungen haben sich seit dem Beginn geändert; der Lauf hat von vorn begonnen."


class Stack:
    """One run over one table. `files` and `rows` exist once `steps` has come to its end, and not before."""

    def __init__(self, desk: Desk, run: StackRun) -> None:
        """Raises UserError or LimitError when the table cannot be read."""
        given = desk.settings
        self._run, self._limit = run, given.max_text_characters
        self.matcher = desk.matcher  # of the whole run: the catalogue may be edited meanwhile
        self._table = read_projects(run.table, run.column, given.max_rows, given.max_unpacked_mb * MEGA)
        self.total, self.remarks = len(self._table.projects), self._table.remarks
        self.rows = Rows(run.rows)
        self.faulty = self.resumed = 0
        self.files = download_files(f"{Path(run.name).stem}-ziele")
        self._began = monotonic()

    def steps(self, every: int = 20) -> Iterator[int]:
        """Match the rows that have no answer yet; yields how many are done, every few rows.

        Closed early, it leaves no file behind but the journal, from which the same run goes on.

        Raises:
            UserError: the run is under way elsewhere, or a place cannot be written.
        """
        decided = self._run.decided()
        columns = output_columns(self._table.columns, TOP, len(self.matcher.catalogue.citywide_goals))
        extra = [name for name in DECISION_COLUMNS if decided and name not in columns]
        with contextlib.ExitStack() as opened:
            journal = opened.enter_context(self._journal())
            writers = [opened.enter_context(TableWriter(file, [*columns, *extra])) for file in self.files]
            kept = opened.enter_context(RowsWriter(self._run.rows))
            self.resumed, self._began = journal.done, monotonic()
            rows = match_projects(self.matcher, self._table.projects, (), TOP, self._limit, journal)
            for done, row in enumerate(rows, 1):
                self.faulty += row.match is None
                kept.write(row)
                cells = output_row(row, columns)
                if done - 1 in decided:
                    made = decided[done - 1]
                    cells |= dict(zip(DECISION_COLUMNS, (made.told, made.project), strict=True))
                for writer in writers:
                    writer.write(cells)
                if done % every == 0 and done > self.resumed:
                    yield done
            for writer in writers:
                writer.commit()
            kept.commit()
            self.rows = kept.rows
        self._run.finish()

    def remaining(self, done: int) -> float | None:
        """Seconds that the rest will take at the pace so far; None while that says nothing."""
        made, took = done - self.resumed, monotonic() - self._began
        return took / made * (self.total - done) if made >= 20 and took > 1 else None

    def summary(self) -> str:
        """One sentence on the finished run."""
        faulty = f", {'eine' if self.faulty == 1 else grouped(self.faulty)} davon fehlerhaft" if self.faulty else ""
        return f"Fertig: {'Eine Zeile' if self.total == 1 else grouped(self.total) + ' Zeilen'} zugeordnet{faulty}."

    def _journal(self) -> Journal:
        """The journal of the run; where what its answers depend on has changed since, an empty one."""
        run = self._run
        job = job_of(self.matcher, run.table, run.column, (), TOP, self._limit)
        known = run.folder / "grundlage.json"
        same = known.is_file() and known.read_text("utf-8") == json.dumps(job)
        if known.is_file() and not same:
            self.remarks = (*self.remarks, CHANGED)
        journal = Journal(run.journal, job, resume=same)
        known.write_text(json.dumps(job), "utf-8")
        return journal
