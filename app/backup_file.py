"""The file of a backup, the same for SQLite and PostgreSQL.

It is gzip over JSON lines: a head with the version of the tables and their columns, a line for each row, and a foot with
the numbers of rows and the SHA-256 of all lines before it. Without its foot a file is no backup.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.database import Database, in_utc
from data.errors import UserError, reason

FORMAT = "isek-sicherung 1"
LEFT_OUT = ("alembic_version", "sessions")  # who is signed in ends with a restore
MAX_LINE = 64_000_000  # bytes of one row; the longest text allowed stays below
AT_A_TIME = 500


@dataclass(frozen=True)
class Backup:
    """What a backup holds: the version of its tables, when it was made (UTC), and how many rows of each table."""

    schema: str
    made_at: datetime
    rows: dict[str, int]


def write_lines(database: Database, schema: str, path: Path) -> None:
    """Write all tables, as one moment has them, and leave them on the disk.

    Raises:
        OSError: `path` cannot be written; UserError: the database cannot be read.
    """
    digest, counts = hashlib.sha256(), dict[str, int]()
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw) as packed:

        def write(value: Any) -> None:
            line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            packed.write(line)

        with database.reading() as connection:
            tables = kept_tables(connection)
            columns = {table.name: [column.name for column in table.columns] for table in tables}
            write({"format": FORMAT, "schema": schema, "made_at": _plain(datetime.now(UTC)), "tables": columns})
            for table in tables:
                counts[table.name] = 0
                for row in ordered_rows(connection, table):
                    write([table.name, [_plain(value) for value in row]])
                    counts[table.name] += 1
        write({"rows": counts, "sha256": digest.hexdigest()})
        packed.close()
        raw.flush()
        os.fsync(raw.fileno())


def kept_tables(connection: sa.Connection) -> list[sa.Table]:
    """The tables as they are, those first that others refer to."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def ordered_rows(connection: sa.Connection, table: sa.Table) -> Iterator[sa.Row[Any]]:
    """All rows by primary key, a few in memory at a time."""
    query = sa.select(table).order_by(*table.primary_key).execution_options(yield_per=AT_A_TIME)
    yield from connection.execute(query)


def _plain(value: Any) -> Any:
    return in_utc(value).isoformat() if isinstance(value, datetime) else value


class BackupReader:
    """Reads a backup once, from front to back; raises UserError where the file is none."""

    def __init__(self, path: Path) -> None:
        self._path, self._digest, self._counts = path, hashlib.sha256(), dict[str, int]()
        try:
            self._file = gzip.GzipFile(path, "rb")
        except OSError as error:
            raise UserError(f"Die Sicherung «{path}» lässt sich nicht lesen ({reason(error)}).") from error
        try:
            head = self._line()
            if head["format"] != FORMAT:
                raise ValueError(head["format"])
            self.schema, self._made_at = str(head["schema"]), datetime.fromisoformat(head["made_at"])
            self.columns: dict[str, list[str]] = {name: list(names) for name, names in head["tables"].items()}
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            EOFError,
            zlib.error,
            RecursionError,
            OSError,
        ) as error:
            self._file.close()
            raise UserError(
                f"«{path}» ist keine Sicherung dieses Programms; erwartet wird eine Datei von «isek decisions backup»."
            ) from error
        self._counts = dict.fromkeys(self.columns, 0)

    def __enter__(self) -> BackupReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each row with the name of its table; at the end the foot is held against what was read.

        Raises:
            UserError: incomplete, or changed since it was written.
        """
        try:
            while True:
                digest = self._digest.hexdigest()
                line = self._line()
                if isinstance(line, dict):
                    if line != {"rows": self._counts, "sha256": digest} or self._file.read(1):
                        raise ValueError("foot")
                    return
                name, values = line
                row = dict(zip(self.columns[name], values, strict=True))
                self._counts[name] += 1
                yield name, row
        except (KeyError, TypeError, ValueError, EOFError, zlib.error, RecursionError, OSError) as error:
            raise UserError(
                f"Die Sicherung «{self._path}» ist unvollständig oder beschädigt; es wurde nichts geändert. "
                "Bitte eine andere nehmen."
            ) from error

    def backup(self) -> Backup:
        """Once all rows are read."""
        return Backup(self.schema, self._made_at, self._counts)

    def _line(self) -> Any:
        line = self._file.readline(MAX_LINE)
        self._digest.update(line)
        return json.loads(line)
