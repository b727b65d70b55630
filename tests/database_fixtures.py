"""A PostgreSQL server of the test session's own, and new empty databases of both kinds."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_numbers = count(1)


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package brings a user for it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """A server on a free port in a folder of its own; yields the URL without a database's name."""
    programs, port = PROGRAMS[-1], free_port()
    folder = Path(tempfile.mkdtemp(prefix="isek-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        initialise = _as_postgres(str(programs / "initdb"), "-D", str(data), "-U", "isek", "-A", "trust", "-E", "UTF8")
        _run(*initialise, "--no-sync")
        options = f"-p {port} -c timezone=Europe/Berlin -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=50"
        control = _as_postgres(str(programs / "pg_ctl"), "-D", str(data), "-w")
        log = str(folder / "log")
        _run(*control, "-l", log, "-o", options, "start")
        try:
            yield f"postgresql://isek@127.0.0.1:{port}"
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    if not PROGRAMS:
        if os.environ.get("ISEK_REQUIRE_POSTGRESQL"):
            pytest.fail("PostgreSQL is required here (ISEK_REQUIRE_POSTGRESQL) and not installed")
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes the URL of a new empty database."""
    return _maker(request, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def other_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """A second one, so that a test runs from each kind to each kind."""
    return _maker(request, tmp_path)


def _maker(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'{next(_numbers)}.sqlite3'}"
    server = request.getfixturevalue("postgresql")

    def created() -> str:
        import psycopg

        name = f"isek_{next(_numbers)}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"{server}/{name}"

    return created
