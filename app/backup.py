"""Backs the database up into one portable file, and restores it into SQLite and PostgreSQL alike."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from app.backup_file import AT_A_TIME, Backup, BackupReader, kept_tables, ordered_rows, write_lines
from app.database import DamagedError, Database, in_utc, migrate, open_database, prepare_sqlite, version, versions
from app.decisions.store import blank_texts
from app.decisions.tables import projects
from app.settings import Settings
from data.errors import UserError, grouped, reason

STALE_SECONDS = 3_600


@dataclass(frozen=True)
class Restored:
    """`forgotten` projects had been deleted after the backup and stay so; `aside` is where a damaged file lies now."""

    backup: Backup
    forgotten: int
    aside: Path | None = None


def write_backup(database: Database, path: Path, replace: bool = False) -> Backup:
    """Write all tables, as one moment has them, and read the file back before it gets its name.

    Raises:
        UserError: `path` exists and is not to be replaced, cannot be written, or the database has no tables yet.
    """
    schema = version(database)
    if schema is None:
        raise UserError(f"Die Datenbank {database.shown} ist leer; es gibt nichts zu sichern.")
    if schema not in versions():
        raise UserError(
            f"Die Datenbank {database.shown} stammt von einer neueren Fassung des Programms ({schema}); bitte mit dieser sichern."
        )
    if not path.parent.is_dir():
        raise UserError(f"Den Ordner «{path.parent}» gibt es nicht; bitte anlegen oder einen anderen Ort nennen.")
    if path.exists() and not (replace and path.is_file()):
        raise UserError(f"«{path}» gibt es schon; mit --force wird die Datei ersetzt.")
    try:
        with _appearing(path) as temporary:
            write_lines(database, schema, temporary)
            return check_backup(temporary)
    except OSError as error:
        raise UserError(f"Die Sicherung «{path}» lässt sich nicht schreiben ({reason(error)}).") from error


def check_backup(path: Path) -> Backup:
    """What a backup holds, read to its end.

    Raises:
        UserError: no backup, incomplete, or changed since it was written.
    """
    with BackupReader(path) as reader:
        for _ in reader.rows():
            pass
        return reader.backup()


def restore_backup(path: Path, settings: Settings, home: Path | None = None, replace: bool = False) -> Restored:
    """Put a backup in the place of all that the database of the settings holds, in one transaction.

    Before, the backup is read whole into a database in passing, checked there and brought to this program's version.
    Texts that were deleted after the backup stay deleted.

    Raises:
        UserError: see `check_backup`; a backup of a newer version; a database that holds something, unless `replace`.
    """
    with contextlib.closing(_passing_database()) as passing:
        backup = _fill(passing, path)
        migrate(passing)
        database, aside = _target(settings, home, replace)
        with contextlib.closing(database):
            with database.writing() as connection:
                forgotten = _put_in_place(passing, connection, replace, database.shown)
            database.checkpoint()
    return Restored(backup, forgotten, aside)


@contextlib.contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that gets its name at the end of the block, on the disk, and only if that succeeds."""
    prefix = f".{path.name}-"
    for left in path.parent.glob(f"{prefix}*"):  # of a process that was killed
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                left.unlink()
    handle, name = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _passing_database() -> Database:
    """A SQLite database without a name: it may grow beyond memory, and is gone when it is closed or the process ends."""
    engine = sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect("", check_same_thread=False), poolclass=StaticPool
    )
    prepare_sqlite(engine)
    return Database(engine)


def _fill(passing: Database, path: Path) -> Backup:
    with BackupReader(path) as reader:
        if reader.schema not in versions():
            raise UserError(
                f"Die Sicherung «{path}» stammt von einer neueren Fassung des Programms ({reader.schema}); "
                "bitte das Programm aktualisieren."
            )
        migrate(passing, reader.schema)
        try:
            with passing.engine.begin() as connection:
                tables = {table.name: table for table in kept_tables(connection)}
                rows = reader.rows()
                while some := list(islice(rows, AT_A_TIME)):
                    for name in dict.fromkeys(name for name, _ in some):
                        _insert(connection, tables[name], [row for other, row in some if other == name])
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise ValueError("foreign key")
        except (KeyError, ValueError, TypeError, sa.exc.SQLAlchemyError) as error:
            raise UserError(
                f"Die Sicherung «{path}» passt nicht zu ihren Tabellen; es wurde nichts geändert."
            ) from error
        return reader.backup()


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Times are text in a backup and without a zone in SQLite; with it they mean the same in every database."""
    moments = [column.name for column in table.columns if isinstance(column.type, sa.DateTime)]
    for row in rows:
        for name in moments:
            if row[name] is not None:
                given = row[name] if isinstance(row[name], datetime) else datetime.fromisoformat(row[name])
                row[name] = in_utc(given)
    connection.execute(sa.insert(table), rows)


def _target(settings: Settings, home: Path | None, replace: bool) -> tuple[Database, Path | None]:
    """The database to restore into; a damaged file is moved aside, with its journal, when it may be replaced."""
    try:
        return open_database(settings, home), None
    except DamagedError as error:
        if not replace:
            raise UserError(f"{error} Mit --force wird die beschädigte Datei zur Seite gelegt.") from error
        path = error.path
    aside = path.with_name(f"{path.name}.beschaedigt-{datetime.now():%Y%m%d-%H%M%S}")
    try:
        for ending in ("-wal", "-shm", ""):  # the journal first: a new database must never meet an old one's
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{ending}").replace(f"{aside}{ending}")
    except OSError as error:
        raise UserError(f"«{path}» lässt sich nicht zur Seite legen ({reason(error)}).") from error
    return open_database(settings, home), aside


def _put_in_place(passing: Database, connection: sa.Connection, replace: bool, shown: str) -> int:
    """Returns how many projects had their texts deleted once more."""
    tables = kept_tables(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(table.name for table in tables)} IN EXCLUSIVE MODE")
    held = connection.execute(sa.select(sa.func.count()).select_from(projects)).scalar_one()
    others = [table for table in tables if connection.execute(sa.select(table).limit(1)).first() is not None]
    if others and not replace:
        raise UserError(
            f"Die Datenbank {shown} ist nicht leer ({grouped(held)} Projekte); mit --force wird alles darin durch die "
            "Sicherung ersetzt. Bitte vorher sichern («isek decisions backup»)."
        )
    gone = connection.execute(sa.select(projects).where(projects.c.texts_deleted_at.is_not(None))).all()
    _empty(connection)
    with passing.reading() as source:
        for table in kept_tables(source):
            target = next(one for one in tables if one.name == table.name)
            rows = ordered_rows(source, table)
            while some := [row._asdict() for row in islice(rows, AT_A_TIME)]:
                _insert(connection, target, some)
    _continue_numbers(connection, tables)
    return sum(_forget_again(connection, row) for row in gone)


def _empty(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    metadata.reflect(connection)
    for table in reversed(metadata.sorted_tables):
        if table.name != "alembic_version":
            connection.execute(sa.delete(table))


def _continue_numbers(connection: sa.Connection, tables: list[sa.Table]) -> None:
    """PostgreSQL counts on from the highest number, and never back; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table, column in [(one, column) for one in tables for column in one.primary_key]:
        sequence = connection.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))).scalar_one()
        if sequence is not None:
            highest = connection.execute(sa.select(sa.func.max(column))).scalar_one() or 0
            if highest >= connection.exec_driver_sql(f"SELECT last_value FROM {sequence}").scalar_one():
                connection.execute(sa.select(sa.func.setval(sequence, highest)))


def _forget_again(connection: sa.Connection, row: sa.Row[Any]) -> int:
    same = sa.select(projects).where(projects.c.id == row.id, projects.c.created_at == row.created_at)
    found = connection.execute(same.where(projects.c.texts_deleted_at.is_(None))).first()
    if found is not None:
        blank_texts(connection, row.id, row.texts_deleted_at, row.texts_deleted_by)
    return found is not None
