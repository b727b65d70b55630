"""The database of decisions and accounts: SQLite in the home folder, or PostgreSQL by URL; migrated when it is opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.settings import Settings, isek_home
from data.errors import UserError, reason, whose

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

FILE = "decisions.sqlite3"
MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 10  # how long a writer waits for another one
_LOCK = 0x1_5E4B  # the PostgreSQL advisory lock that migrations take


class DamagedError(UserError):
    """SQLite's file `path` cannot be read as a database."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


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
        """The file, or the URL without its password, for messages."""
        return f"«{self.path}»" if self.sqlite else self.engine.url.render_as_string(hide_password=True)

    @property
    def path(self) -> Path:
        """SQLite's file."""
        return Path(self.engine.url.database or "")

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: it sees one state, and keeps no writer waiting."""
        options: dict[str, Any] = {"reading": True}
        if not self.sqlite:
            options["isolation_level"] = "REPEATABLE READ"
        with german(self), self.engine.connect().execution_options(**options) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, and undone when the block fails."""
        with german(self), self.engine.begin() as connection:
            yield connection

    def checkpoint(self) -> bool:
        """Fold SQLite's journal into its file, so that nothing deleted is left in it; False while somebody reads there."""
        if not self.sqlite:
            return True
        with german(self), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]

    def sound(self) -> bool:
        """Whether SQLite finds all pages, rows and indexes of its file in order; a server watches over its files itself."""
        if not self.sqlite:
            return True
        with self.reading() as connection:
            whole = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
            return whole and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None

    def close(self) -> None:
        self.engine.dispose()


def in_utc(moment: datetime) -> datetime:
    """A time that a database gave: SQLite's are in UTC and come without their zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def database_url(settings: Settings, home: Path | None = None) -> str:
    """The setting `database`, else a file in the home folder."""
    return settings.database or f"sqlite:///{(home or isek_home()) / FILE}"


def database_file(settings: Settings, home: Path | None = None) -> Path | None:
    """SQLite's file; None where the settings name a server."""
    url = database_url(settings, home)
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def open_database(settings: Settings, home: Path | None = None, upgrade: bool = True) -> Database:
    """The database of the settings, created and migrated where that is needed, unless `upgrade` is false.

    Raises:
        UserError: not a URL of SQLite or PostgreSQL, not to be reached, not writable, damaged, or of a newer version.
    """
    database = Database(_engine(database_url(settings, home)))
    try:
        with german(database):
            if upgrade:
                migrate(database)
            _fold_left_journal(database)
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
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                pool_timeout=WAIT_SECONDS,
                connect_args={
                    "connect_timeout": WAIT_SECONDS,
                    "options": f"-c lock_timeout={WAIT_SECONDS}s -c timezone=UTC",
                },
            )
        except ModuleNotFoundError as error:
            raise UserError(
                "Für PostgreSQL fehlt der Treiber; «.venv/bin/pip install -c constraints.txt -e .[postgresql]» installiert ihn."
            ) from error
    if kind != "sqlite" or not parsed.database:
        raise UserError(f"{expected}; angegeben war {parsed.render_as_string(hide_password=True)!r}.")
    _private_file(Path(parsed.database))
    engine = create_engine(parsed, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False})
    prepare_sqlite(engine)
    return engine


def _private_file(path: Path) -> None:
    """Create the file so that only its owner can read it: it will hold personal texts."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise UserError(
            f"Die Datenbank «{path}» lässt sich nicht anlegen ({reason(error)}); bitte Ordner und Rechte prüfen.{whose(path, error)}"
        ) from error


def prepare_sqlite(engine: Engine) -> None:
    """Let each connection of the engine keep the promises of `Database`."""
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        _keep_journal(connection)
        for pragma in (
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


def _keep_journal(connection: Any) -> None:
    """Switch to WAL; SQLite does not wait for others by itself when it does that."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def migrate(database: Database, target: str = "head") -> None:
    """Bring the tables to this version, or to `target`, in one transaction; where they are at it, nothing is written."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _alembic()
    scripts = ScriptDirectory.from_config(config)
    known = [script.revision for script in scripts.walk_revisions()]
    found = version(database)
    if found == (scripts.get_current_head() if target == "head" else target):
        return
    if found is not None and found not in known:
        raise UserError(
            f"Die Datenbank {database.shown} stammt von einer neueren Fassung des Programms ({found}); "
            "bitte das Programm aktualisieren oder eine Sicherung dieser Fassung einspielen."
        )
    with database.writing() as connection:
        if not database.sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def versions() -> list[str]:
    """The versions of the tables that this program knows, newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()]


def version(database: Database) -> str | None:
    """The version of the tables; None where there are none yet."""
    from alembic.runtime.migration import MigrationContext

    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _alembic() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _fold_left_journal(database: Database) -> None:
    """A process that was killed leaves its journal, maybe with texts that were deleted; while others work it stays."""
    journal = Path(f"{database.path}-wal")
    if database.sqlite and journal.is_file() and journal.stat().st_size:
        database.checkpoint()


@contextlib.contextmanager
def german(database: Database) -> Iterator[None]:
    """Turns what a database driver reports into one German sentence about the database."""
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    shown = database.shown
    try:
        yield
    except PoolTimeout as error:
        raise UserError(f"Die Datenbank {shown} ist überlastet; bitte gleich noch einmal versuchen.") from error
    except DBAPIError as error:
        told = str(error.orig)
        sentence = f"Die Datenbank {shown} {_cause(told, getattr(error.orig, 'sqlstate', None))}"
        if database.sqlite and any(sign in told for sign in ("readonly", "unable to open")):
            sentence += whose(database.path)
        if database.sqlite and any(sign in told for sign in _DAMAGE):
            raise DamagedError(sentence, database.path) from error
        raise UserError(sentence) from error


_DAMAGE = ("malformed", "not a database")
_CAUSES = (
    ("lock timeout", "ist gerade von einem anderen Vorgang belegt; bitte gleich noch einmal versuchen."),
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
    ("already exists", "enthält schon Tabellen eines anderen Programms; bitte eine leere Datenbank nennen."),
    ("timeout expired", "antwortet nicht; bitte prüfen, ob der Datenbankdienst läuft."),
    (
        "server closed the connection",
        "hat die Verbindung abgebrochen; bitte nachsehen, ob die letzte Eingabe gespeichert ist.",
    ),
    (
        "terminating connection",
        "hat die Verbindung abgebrochen; bitte nachsehen, ob die letzte Eingabe gespeichert ist.",
    ),
    ("shutting down", "wird gerade beendet; bitte gleich noch einmal versuchen."),
    ("starting up", "startet gerade; bitte gleich noch einmal versuchen."),
    ("read-only transaction", "ist schreibgeschützt; bitte auf dem Datenbankdienst prüfen."),
    ("permission denied", "verweigert den Zugriff; bitte die Rechte des Namens in der Einstellung «database» prüfen."),
    ("does not exist", "gibt es nicht; bitte auf dem Datenbankdienst anlegen."),
    (
        "No space left",
        "kann nicht wachsen: der Datenträger ist voll. Es wurde nichts gespeichert; bitte Platz schaffen.",
    ),
)


# PostgreSQL says these in the language it is set to; the codes are the same in all (appendix A of its manual).
_CODES = {
    "55P03": "lock timeout",
    "28P01": "password authentication",
    "28000": "password authentication",
    "3D000": "does not exist",
    "42501": "permission denied",
    "42P07": "already exists",
    "25006": "read-only transaction",
    "53100": "No space left",
    "57P01": "terminating connection",
    "57P02": "terminating connection",
    "57P03": "starting up",
    "08006": "server closed the connection",
}
_GERMAN = (("passwort-authentifizierung", "password authentication"), ("existiert nicht", "does not exist"))


def _cause(told: str, code: str | None = None) -> str:
    """The sentence for a driver's message; `code` is the SQLSTATE where the driver knows it (not while it connects)."""
    low = told.lower()
    meant = _CODES.get(code or "") or next((sign for german_sign, sign in _GERMAN if german_sign in low), "")
    low = meant.lower() or low
    for sign, sentence in _CAUSES:
        if sign.lower() in low:
            return sentence
    return f"meldet einen Fehler ({' '.join(told.split())[:120]}). Es wurde nichts gespeichert."
