"""What goes wrong around the database: full and read-only disks, killed processes, servers that leave. Nothing saved is lost."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from decision_drafts import DRAFT

from app.backup import check_backup, write_backup
from app.database import FILE, _cause
from app.decisions.store import open_store
from app.settings import Settings
from data.errors import UserError

resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")
NOBODY = 65534
LONG = replace(DRAFT, text="Ein Radweg. " * 2_000)


def in_a_process(work: Callable[..., None], *arguments: object) -> Any:
    """What `work` puts into the queue that it gets first, in a process of its own, which may be killed."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    worker = context.Process(target=work, args=(answers, *arguments))
    worker.start()
    try:
        return answers.get(timeout=120)
    finally:
        worker.join(30)


def _limit(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _save_until_refused(answers: Any, home: str, size: int) -> None:
    """Puts: how many were saved, what was reported, how many could be read then, and how many once there was room."""
    store, saved, told = open_store(Settings(), Path(home)), 0, ""
    if size:
        _limit(size)
    try:
        while saved < 1_000:
            store.save(LONG, "Kim")
            saved += 1
    except UserError as error:
        told = str(error)
    there = store.count()
    if size:
        _limit(resource.RLIM_INFINITY)
    else:
        Path(home, "ballast").unlink()
    store.save(DRAFT, "Kim")
    answers.put((saved, told, there, store.count()))
    store.close()


def test_a_file_that_may_not_grow_is_reported_and_survived(tmp_path: Path) -> None:
    saved, told, there, after = in_a_process(_save_until_refused, str(tmp_path), 400_000)
    assert "Es wurde nichts gespeichert" in told and str(tmp_path / FILE) in told
    assert 0 < saved == there and after == saved + 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB of its own, a third of it taken by a file that can be deleted to make room."""
    disk = tmp_path / "platte"
    disk.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount")
    if not mounted or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (disk / "ballast").write_bytes(b"x" * 300_000)
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_reported_and_survived(small_disk: Path) -> None:
    saved, told, there, after = in_a_process(_save_until_refused, str(small_disk), 0)
    assert "der Datenträger ist voll. Es wurde nichts gespeichert" in told
    assert 0 < saved == there and after == saved + 1


def test_a_backup_that_finds_no_room_leaves_the_old_one(small_disk: Path, tmp_path: Path) -> None:
    path = small_disk / "sicherung.gz"
    store = open_store(Settings(), tmp_path)
    with contextlib.closing(store):
        store.save(DRAFT, "Kim")
        write_backup(store.database, path)
        store.save(replace(DRAFT, text=os.urandom(1_500_000).hex()), "Kim")
        with pytest.raises(UserError, match=r"lässt sich nicht schreiben \(kein Platz mehr auf dem Datenträger\)"):
            write_backup(store.database, path, replace=True)
    assert check_backup(path).rows["projects"] == 1
    assert sorted(one.name for one in small_disk.iterdir()) == ["ballast", "sicherung.gz"]


def test_a_disk_that_turns_read_only_is_reported_and_survived(small_disk: Path) -> None:
    store = open_store(Settings(), small_disk)
    store.save(DRAFT, "Kim")
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(UserError, match=r"schreibgeschützt|lässt sich nicht öffnen; bitte Pfad und Rechte prüfen"):
        open_store(Settings(), small_disk)
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with contextlib.closing(open_store(Settings(), small_disk)) as store:
        assert store.current(1).draft == DRAFT and store.save(DRAFT, "Kim").project == 2


def _open_as_somebody_else(answers: Any, home: str) -> None:
    with tempfile.TemporaryDirectory() as other:  # whatever opening imports is imported before the rights are given up
        open_store(Settings(), Path(other)).close()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        store = open_store(Settings(), Path(home))
        store.save(DRAFT, "Kim")
        answers.put("saved")
    except UserError as error:
        answers.put(str(error))


@pytest.mark.parametrize(
    ("file", "folder", "sentence"),
    [
        (0o444, 0o555, r"schreibgeschützt|lässt sich nicht öffnen; bitte Pfad und Rechte prüfen"),
        (0o444, 0o777, "ist schreibgeschützt; bitte die Rechte an Datei und Ordner prüfen"),
        (0o000, 0o755, "lässt sich nicht öffnen; bitte Pfad und Rechte prüfen"),
        (None, 0o555, r"lässt sich nicht anlegen \(keine Berechtigung\)"),
    ],
)
def test_a_database_that_may_not_be_written_is_reported(file: int | None, folder: int, sentence: str) -> None:
    home = Path(tempfile.mkdtemp())
    try:
        if file is not None:
            with contextlib.closing(open_store(Settings(), home)) as store:
                store.save(DRAFT, "Kim")
            (home / FILE).chmod(file)
        home.chmod(folder)
        told = in_a_process(_open_as_somebody_else, str(home))
        home.chmod(0o755)
        assert re.search(sentence, told), told
        if file is not None:
            (home / FILE).chmod(0o600)
            with contextlib.closing(open_store(Settings(), home)) as store:
                assert store.current(1).draft == DRAFT and store.count() == 1
    finally:
        shutil.rmtree(home)


def _forget_and_be_killed(answers: Any, home: str) -> None:
    store = open_store(Settings(), Path(home))
    store.save(LONG, "Kim")
    store.database.checkpoint = lambda: (  # type: ignore[method-assign,assignment]
        answers.put(b"Radweg" in _stored(Path(home))),
        answers.close(),
        answers.join_thread(),
        os.kill(os.getpid(), signal.SIGKILL),
    )
    store.forget(1, "Kim")


def _stored(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())


def test_texts_forgotten_just_before_a_kill_are_gone_at_the_next_start(tmp_path: Path) -> None:
    assert in_a_process(_forget_and_be_killed, str(tmp_path))  # they are still in the journal
    with contextlib.closing(open_store(Settings(), tmp_path)) as store:
        assert store.current(1).texts_deleted_at is not None
        assert b"Radweg" not in _stored(tmp_path)


def test_where_a_copy_cannot_be_deleted_the_database_keeps_no_text_and_it_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_project: int, _home: Path | None = None) -> None:
        raise UserError("Eine Kopie lässt sich nicht löschen.")

    with contextlib.closing(open_store(Settings(), tmp_path)) as store:
        store.save(LONG, "Kim")
        with monkeypatch.context() as patched:
            patched.setattr(store, "_forgotten", refuse)
            with pytest.raises(UserError, match="Eine Kopie"):
                store.forget(1, "Alex")
        assert b"Radweg" not in _stored(tmp_path)
        store.forget(1, "Alex")


def test_while_somebody_reads_forgetting_says_that_it_must_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.database.WAIT_SECONDS", 0)
    with contextlib.closing(open_store(Settings(), tmp_path)) as store:
        store.save(LONG, "Kim")
        with store.database.reading() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM projects").scalar_one()
            with pytest.raises(UserError, match="gelöscht, stehen aber noch im Protokoll der Datenbank"):
                store.forget(1, "Alex")
        store.forget(1, "Alex")
        assert b"Radweg" not in _stored(tmp_path)


def test_a_server_that_ends_the_connection_is_reported_and_taken_up_again(postgresql: str) -> None:
    import psycopg

    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE ende")

    def end_all() -> None:
        with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ende'")

    with contextlib.closing(open_store(Settings(database=f"{postgresql}/ende"))) as store:
        store.save(DRAFT, "Kim")
        with (
            pytest.raises(UserError, match="hat die Verbindung abgebrochen; bitte nachsehen"),
            store.database.writing() as connection,
        ):
            end_all()
            connection.exec_driver_sql("SELECT 1")
        end_all()
        assert store.save(DRAFT, "Kim").project == 2


@pytest.mark.parametrize(
    ("told", "code", "sentence"),
    [
        (
            "Verbindung wird abgebrochen aufgrund von Anweisung des Administrators",
            "57P01",
            "hat die Verbindung abgebrochen",
        ),
        (
            "FATAL:  Passwort-Authentifizierung für Benutzer »isek« fehlgeschlagen",
            None,
            "weist Name oder Passwort zurück",
        ),
        ("FATAL:  Datenbank »isek« existiert nicht", None, "gibt es nicht; bitte auf dem Datenbankdienst anlegen"),
        ("etwas Unbekanntes", "XX000", "meldet einen Fehler (etwas Unbekanntes)"),
    ],
)
def test_a_server_that_speaks_german_is_understood(told: str, code: str | None, sentence: str) -> None:
    assert sentence in _cause(told, code)
