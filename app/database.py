"""The database of decisions and accounts: SQLite in the home folder, or PostgreSQL by URL; migrated when it is opened."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.settings import Settings, isek_home
from data.errors import UserError, reason

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FILE = "decisions.sqlite3"
MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 10  # how long a writer waits for another one
_LOCK = 0x1_5E4B  # the PostgreSQL advisory lock that migrations take


class Database:
    """One engine, with a connection to read by and one to write by.

    A writing transaction on SQLite begins as an immediate one: a read that turned into a write could lose to another
    writer in between. What is committed is on the disk (``synchronous = FULL``), what is deleted is overwritten
    (``secure_delete``).
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def shown(self) -> str:
        """The URL without its password, for messages."""
        return self.engine.url.render_as_string(hide_password=True)

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: it sees one state, and keeps no writer waiting."""
        with german(self.shown), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, and undone when the block fails."""
        with german(self.shown), self.engine.begin() as connection:
            yield connection

    def checkpoint(self) -> None:
        """Fold SQLite's journal into its file, so that nothing deleted is left in it."""
        if self.sqlite:
            with (
                german(self.shown),
                self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
            ):
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self.engine.dispose()


def database_url(settings: Settings, home: Path | None = None) -> str:
    """The setting `database`, else a file in the home folder."""
    return settings.database or f"sqlite:///{(home or isek_home()) / FILE}"


def open_database(settings: Settings, home: Path | None = None) -> Database:
    """The database of the settings, created and migrated where that is needed.

    Raises:
        UserError: not a URL of SQLite or PostgreSQL, not to be reached, not writable, damaged, or of a newer version.
    """
    database = Database(_engine(database_url(settings, home)))
    try:
        with german(database.shown):
            _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    expected = "Erwartet wird «sqlite:///DATEI» oder «postgresql://NAME:PASSWORT@RECHNER/DATENBANK» in der Einstellung «database»"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UserError(f"{expected}; was dort steht, ist keine solche Adresse.") from error
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        try:
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_timeout=WAIT_SECONDS
            )
        except ModuleNotFoundError as error:
            raise UserError(
                "Für PostgreSQL fehlt der Treiber; «.venv/bin/pip install -c constraints.txt -e .[postgresql]» installiert ihn."
            ) from error
    if kind != "sqlite" or not parsed.database:
        raise UserError(f"{expected}; angegeben war {parsed.render_as_string(hide_password=True)!r}.")
    _private_file(Path(parsed.database))
    engine = create_engine(parsed, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False})
    _prepare_sqlite(engine)
    return engine


def _private_file(path: Path) -> None:
    """Create the file so that only its owner can read it: it will hold personal texts."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise UserError(
            f"Die Datenbank «{path}» lässt sich nicht anlegen ({reason(error)}); bitte Ordner und Rechte prüfen."
        ) from error


def _prepare_sqlite(engine: Engine) -> None:
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            f"busy_timeout = {1000 * WAIT_SECONDS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")


def _migrate(database: Database) -> None:
    """Bring the tables to this version in one transaction; where they are at it already, nothing is written."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    with database.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise UserError(
            f"Die Datenbank {database.shown} stammt von einer neueren Fassung des Programms ({found}); "
            "bitte das Programm aktualisieren oder eine Sicherung dieser Fassung einspielen."
        )
    with database.writing() as connection:
        if not database.sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextlib.contextmanager
def german(shown: str) -> Iterator[None]:
    """Turns what a database driver reports into one German sentence about the database `shown`."""
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    try:
        yield
    except PoolTimeout as error:
        raise UserError(f"Die Datenbank {shown} ist überlastet; bitte gleich noch einmal versuchen.") from error
    except DBAPIError as error:
        raise UserError(f"Die Datenbank {shown} {_cause(str(error.orig))}") from error


_CAUSES = (
    ("database is locked", "ist gerade von einem anderen Vorgang belegt; bitte gleich noch einmal versuchen."),
    ("readonly", "ist schreibgeschützt; bitte die Rechte an Datei und Ordner prüfen."),
    (
        "disk is full",
        "kann nicht wachsen: der Datenträger ist voll. Es wurde nichts gespeichert; bitte Platz schaffen.",
    ),
    (
        "disk I/O error",
        "kann nicht geschrieben oder gelesen werden; bitte den Datenträger prüfen. Es wurde nichts gespeichert.",
    ),
    ("malformed", "ist beschädigt; bitte eine Sicherung einspielen («isek decisions restore»)."),
    ("not a database", "ist keine Datenbank dieses Programms; bitte den Pfad prüfen oder eine Sicherung einspielen."),
    ("unable to open", "lässt sich nicht öffnen; bitte Pfad und Rechte prüfen."),
    ("password authentication", "weist Name oder Passwort zurück; bitte die Einstellung «database» prüfen."),
    ("connection refused", "ist nicht zu erreichen; bitte prüfen, ob der Datenbankdienst läuft."),
    (
        "could not translate host",
        "ist nicht zu erreichen: den Rechner gibt es nicht; bitte die Einstellung «database» prüfen.",
    ),
    (
        "failed to resolve host",
        "ist nicht zu erreichen: den Rechner gibt es nicht; bitte die Einstellung «database» prüfen.",
    ),
    ("does not exist", "gibt es nicht; bitte auf dem Datenbankdienst anlegen."),
    (
        "No space left",
        "kann nicht wachsen: der Datenträger ist voll. Es wurde nichts gespeichert; bitte Platz schaffen.",
    ),
)


def _cause(told: str) -> str:
    low = told.lower()
    for sign, sentence in _CAUSES:
        if sign.lower() in low:
            return sentence
    return f"meldet einen Fehler ({' '.join(told.split())[:120]}). Es wurde nichts gespeichert."
