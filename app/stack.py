"""A table of projects on its way through the matcher: steps to follow, rows to review, files to take home."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from app.batch import BatchRow, match_projects, output_columns, output_row
from app.desk import MEGA, TOP, Desk
from app.downloads import download_files
from data.errors import grouped
from data.tables import TableWriter, read_projects

KEPT = 2_000  # rows kept for the review; the files hold all


class Stack:
    """One run over one table. `files` exist once `steps` has come to its end, and not before."""

    def __init__(self, desk: Desk, path: Path, text_column: str | None) -> None:
        """Raises UserError or LimitError when the table cannot be read."""
        given = desk.settings
        self._desk, self._table = desk, read_projects(path, text_column, given.max_rows, given.max_unpacked_mb * MEGA)
        self.total, self.remarks = len(self._table.projects), self._table.remarks
        self.kept: list[BatchRow] = []
        self.faulty = 0
        self.files = download_files(f"{path.stem}-ziele")

    def steps(self, every: int = 20) -> Iterator[int]:
        """Match all rows; yields how many are done, every few rows. Closed early, it leaves no file behind."""
        columns = output_columns(self._table.columns, TOP, len(self._desk.catalogue.citywide_goals))
        limit = self._desk.settings.max_text_characters
        with contextlib.ExitStack() as open_files:
            writers = [open_files.enter_context(TableWriter(file, columns)) for file in self.files]
            rows = match_projects(self._desk.matcher, self._table.projects, (), TOP, limit)
            for done, row in enumerate(rows, 1):
                self._take(row)
                cells = output_row(row, columns)
                for writer in writers:
                    writer.write(cells)
                if done % every == 0:
                    yield done
            for writer in writers:
                writer.commit()

    def summary(self) -> str:
        """One sentence on the finished run."""
        faulty = f", {'eine' if self.faulty == 1 else grouped(self.faulty)} davon fehlerhaft" if self.faulty else ""
        return f"Fertig: {'Eine Zeile' if self.total == 1 else grouped(self.total) + ' Zeilen'} zugeordnet{faulty}."

    def _take(self, row: BatchRow) -> None:
        self.faulty += row.match is None
        if len(self.kept) < KEPT:
            self.kept.append(row)
