"""The rows of a run on disk, for the review: a row is read when it is looked at; memory holds what the filters ask of it."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

from app.batch import BatchRow
from data.errors import UserError, reason
from data.tables import Project
from index.result import match_from_record

GONE = "Die Zeilen dieses Laufs gibt es nicht mehr, oder er wurde neu zugeordnet; bitte ihn oben «Fortsetzen»."
_FAULTY, _WITH_GOAL, _NO_GOAL = range(3)


class Facts(NamedTuple):
    """What the filters ask of a row. `best` is the highest confidence of any goal, in [0, 1], and `area` the id of the
    product area as text; 0 and "" where nothing was matched."""

    matched: bool
    no_goal: bool
    best: float
    area: str


class Rows:
    """The rows by position, in a file. About 20 bytes a row are held in memory, however long the texts are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ends, self._bests = array("Q"), array("d")
        self._kinds, self._areas = bytearray(), array("H")
        self._area_ids: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, position: int) -> BatchRow:
        """A row; raises as `some` does."""
        return next(self.some([position]))

    def some(self, positions: Sequence[int]) -> Iterator[BatchRow]:
        """The rows at these positions.

        Raises:
            UserError: the file is gone, or it is that of another reading.
        """
        try:
            with self._path.open("rb") as file:
                for position in positions:
                    start = self._ends[position - 1] if position else 0
                    file.seek(start)
                    yield _unpacked(file.read(self._ends[position] - start), position)
        except (OSError, ValueError, zlib.error) as error:
            raise UserError(GONE) from error

    def facts(self) -> Iterator[Facts]:
        """What the filters ask, of every row in order."""
        names = list(self._area_ids)
        for kind, best, area in zip(self._kinds, self._bests, self._areas, strict=True):
            yield Facts(kind != _FAULTY, kind == _NO_GOAL, best, names[area])

    def add(self, row: BatchRow, size: int) -> None:
        """Take in the next row, which fills the next `size` bytes of the file."""
        match = row.match
        hits = (*match.goals, *match.citywide) if match else ()
        area = str(match.area.id) if match else ""
        self._ends.append((self._ends[-1] if self._ends else 0) + size)
        self._bests.append(max((hit.confidence for hit in hits), default=0.0))
        self._kinds.append(_FAULTY if match is None else _NO_GOAL if match.no_goal else _WITH_GOAL)
        self._areas.append(self._area_ids.setdefault(area, len(self._area_ids)))


class RowsWriter:
    """Writes the rows of a run; the file appears under its name only when `commit` is called.

    A context manager: left without `commit`, nothing remains.
    """

    def __init__(self, path: Path) -> None:
        """Raises UserError when the place cannot be written."""
        self.rows = Rows(path)
        self._path, self._temporary = path, path.with_name(f"{path.name}.neu")
        try:
            self._file = self._temporary.open("wb")
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> RowsWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        except OSError:  # closing flushes, which fails again on a full disk
            pass
        finally:
            self._temporary.unlink(missing_ok=True)

    def write(self, row: BatchRow) -> None:
        packed = _packed(row, len(self.rows))
        try:
            self._file.write(packed)
        except OSError as error:
            raise self._unwritable(error) from error
        self.rows.add(row, len(packed))

    def commit(self) -> None:
        """Give the file its name.

        Raises:
            UserError: the place cannot be written.
        """
        try:
            self._file.close()
            self._temporary.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UserError:
        return UserError(f"Die Zeilen lassen sich in «{self._path}» nicht ablegen ({reason(error)}).")


def _packed(row: BatchRow, position: int) -> bytes:
    """A row, compressed and with a checksum; it says which row it is."""
    project = row.project
    record = [position, project.id, project.text, project.row, project.fault, row.match, row.error]
    return zlib.compress(json.dumps(record, default=_plain).encode(), 1)


def _unpacked(packed: bytes, expected: int) -> BatchRow:
    """The row.

    Raises:
        ValueError, zlib.error: it is not the row expected, or damaged.
    """
    position, *project, match, error = json.loads(zlib.decompress(packed))
    if position != expected:
        raise ValueError("another reading")
    return BatchRow(Project(*project), match and match_from_record(match), error)


def _plain(value: Any) -> Any:
    """Records by their fields; dates of a spreadsheet as their text."""
    return vars(value) if is_dataclass(value) else str(value)
