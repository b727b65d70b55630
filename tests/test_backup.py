"""Backups: from each database into each, whole or not at all, and nothing that was deleted comes back."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import random
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from decision_drafts import DRAFT, SPORT
from sqlalchemy import event

from app.access.tables import accounts, sessions
from app.backup import check_backup, restore_backup, write_backup
from app.database import FILE, Database, migrate, open_database, version, versions
from app.decision_export import write_decisions
from app.decisions.records import Decision
from app.decisions.store import DecisionStore, blank_texts, open_store
from app.decisions.tables import verdicts
from app.settings import Settings
from data.catalogue import Catalogue
from data.errors import UserError

Made = Callable[[], str]


@contextlib.contextmanager
def opened(url: str = "", home: Path | None = None):  # type: ignore[no-untyped-def]
    store = open_store(Settings(database=url), home)
    try:
        yield store
    finally:
        store.close()


def filled(store: DecisionStore) -> None:
    """Three projects: two revisions; no goal and withdrawn; forgotten."""
    store.save(replace(DRAFT, text="Zeile\n\"'; =1+1 \u2028 🚲" * 50), "Kim")
    store.save(replace(DRAFT, title="Neuer Titel"), "Alex", 1)
    store.save(replace(DRAFT, goals=(replace(SPORT, confidence=1 / 3),), no_goal=True), "Kim")
    store.withdraw(2, "Alex", "zurückgezogen")
    store.save(DRAFT, "Kim")
    store.forget(3, "Alex")


def everything(store: DecisionStore) -> list[list[Decision]]:
    return [store.history(decision.project) for decision in reversed(store.search(limit=None))]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "sicherung.jsonl.gz"
    with opened(home=tmp_path / "quelle") as store:
        filled(store)
        write_backup(store.database, path)
    return path


def test_a_backup_of_each_database_restores_into_each(
    database_url: Made, other_database_url: Made, tmp_path: Path
) -> None:
    path, target = tmp_path / "sicherung.jsonl.gz", other_database_url()
    with opened(database_url()) as store:
        filled(store)
        before = everything(store)
        written = write_backup(store.database, path)
    assert written.rows["projects"] == 3 and written.rows["revisions"] == 5
    assert restore_backup(path, Settings(database=target)).backup == written
    with opened(target) as store:
        assert everything(store) == before and len(before) == 3
        assert store.save(DRAFT, "Kim").project == 4  # numbers go on, none is given twice


def test_a_restore_replaces_what_is_there_only_when_told(database_url: Made, backup: Path) -> None:
    url = database_url()
    with opened(url) as store:
        for _ in range(5):
            store.save(replace(DRAFT, title="steht schon da"), "Kim")
        before = everything(store)
        with pytest.raises(UserError, match=r"ist nicht leer \(5 Projekte\); mit --force wird alles darin"):
            restore_backup(backup, Settings(database=url))
        assert everything(store) == before
        restore_backup(backup, Settings(database=url), replace=True)
        assert store.count() == 3 and store.count(words="steht") == 0  # a running server sees it at once
        assert store.save(DRAFT, "Kim").project == 6  # 4 and 5 were others


def test_texts_deleted_after_the_backup_stay_deleted(database_url: Made, tmp_path: Path) -> None:
    url, path = database_url(), tmp_path / "sicherung.jsonl.gz"
    with opened(url) as store:
        store.save(DRAFT, "Kim")
        store.save(DRAFT, "Kim")
        write_backup(store.database, path)
        store.forget(1, "Alex")
        deleted = store.current(1).texts_deleted_at
        assert restore_backup(path, Settings(database=url), replace=True).forgotten == 1
        assert store.current(1).draft.text == "" and store.current(1).texts_deleted_at == deleted
        assert store.current(2).draft.text == DRAFT.text


def test_another_project_of_the_same_number_is_not_taken_for_the_deleted_one(tmp_path: Path, backup: Path) -> None:
    with opened(home=tmp_path) as store:
        store.save(DRAFT, "Kim")
        store.forget(1, "Alex")
        assert restore_backup(backup, Settings(), tmp_path, replace=True).forgotten == 0
        assert store.current(1).draft.title == "Neuer Titel"


def test_a_backup_cut_short_anywhere_is_refused_and_nothing_changes(backup: Path, tmp_path: Path) -> None:
    raw, cut = backup.read_bytes(), tmp_path / "kurz.gz"
    for length in range(0, len(raw), 13):
        cut.write_bytes(raw[:length])
        with pytest.raises(UserError, match=r"keine Sicherung|unvollständig oder beschädigt"):
            restore_backup(cut, Settings(), tmp_path)
    assert not (tmp_path / FILE).exists()


def test_a_backup_with_a_changed_line_is_refused(backup: Path, tmp_path: Path) -> None:
    lines, changed = gzip.decompress(backup.read_bytes()).splitlines(keepends=True), tmp_path / "anders.gz"
    assert len(lines) == 1 + 3 + 5 + 11 + 1  # 3 goals in three revisions, 1 in two
    for number in range(1, len(lines)):
        without = b"".join(lines[:number] + lines[number + 1 :])
        other = b"".join([*lines[:number], lines[number].replace(b"1", b"2", 1), *lines[number + 1 :]])
        for content in (without, other):
            changed.write_bytes(gzip.compress(content))
            with pytest.raises(UserError, match="unvollständig oder beschädigt"):
                check_backup(changed)


def test_a_backup_with_a_flipped_byte_is_refused_or_says_the_same(backup: Path, tmp_path: Path) -> None:
    raw, sound, flipped = backup.read_bytes(), check_backup(backup), tmp_path / "anders.gz"
    chance, refused = random.Random(7), 0
    for _ in range(200):
        position = chance.randrange(len(raw))
        flipped.write_bytes(raw[:position] + bytes([raw[position] ^ 1 << chance.randrange(8)]) + raw[position + 1 :])
        try:
            assert check_backup(flipped) == sound  # a byte of the gzip head that says nothing: time, system
        except UserError:
            refused += 1
    assert refused >= 190


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"id;text\n",
        b"\x1f\x8b",
        gzip.compress(b'{"format": "anderes"}\n', mtime=0),
        gzip.compress(b"[" * 99_999, mtime=0),
    ],
)
def test_another_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "datei.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="ist keine Sicherung dieses Programms"):
        restore_backup(path, Settings(), tmp_path)


def test_a_backup_of_a_newer_version_is_refused(backup: Path, tmp_path: Path) -> None:
    text = gzip.decompress(backup.read_bytes()).decode()
    backup.write_bytes(gzip.compress(text.replace(f'"schema":"{versions()[0]}"', '"schema":"r9999"', 1).encode()))
    with pytest.raises(UserError, match=r"stammt von einer neueren Fassung des Programms \(r9999\)"):
        restore_backup(backup, Settings(), tmp_path)


@pytest.mark.parametrize("old", versions())
def test_a_backup_of_each_older_version_is_brought_to_this_one(tmp_path: Path, database_url: Made, old: str) -> None:
    path, url = tmp_path / "alt.jsonl.gz", database_url()
    with contextlib.closing(open_database(Settings(), tmp_path, upgrade=False)) as database:
        migrate(database, old)
        DecisionStore(database).save(DRAFT, "Kim")
        assert write_backup(database, path).schema == old
    restore_backup(path, Settings(database=url))
    with opened(url) as store:
        assert version(store.database) == versions()[0] and store.current(1).draft == DRAFT


def test_a_damaged_database_is_moved_aside_when_told(tmp_path: Path, backup: Path) -> None:
    damaged = tmp_path / FILE
    damaged.write_bytes(b"SQLite format 3\0" + b"\xff" * 8_000)
    with pytest.raises(UserError, match="Mit --force wird die beschädigte Datei zur Seite gelegt"):
        restore_backup(backup, Settings(), tmp_path)
    aside = restore_backup(backup, Settings(), tmp_path, replace=True).aside
    assert aside is not None and aside.read_bytes() == b"SQLite format 3\0" + b"\xff" * 8_000
    with opened(home=tmp_path) as store:
        assert store.count() == 3


def test_a_backup_is_for_its_owner_and_replaces_no_file_unasked(tmp_path: Path) -> None:
    path = tmp_path / "sicherung.gz"
    path.write_bytes(b"etwas anderes")
    with opened(home=tmp_path) as store:
        with pytest.raises(UserError, match="gibt es schon; mit --force"):
            write_backup(store.database, path)
        assert path.read_bytes() == b"etwas anderes"
        write_backup(store.database, path, replace=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and check_backup(path).rows["projects"] == 0
        with pytest.raises(UserError, match=r"Den Ordner «.*fehlt» gibt es nicht"):
            write_backup(store.database, tmp_path / "fehlt" / "sicherung.gz")
    assert sorted(one.name for one in tmp_path.iterdir()) == [FILE, "sicherung.gz"]


def test_a_backup_shows_one_moment_while_others_write(
    database_url: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its tables somebody saves: the new project is in none of them."""
    from app import backup_file

    path, plain = tmp_path / "sicherung.gz", backup_file.ordered_rows
    with opened(database_url()) as store:
        store.save(DRAFT, "Kim")

        def interrupted(connection, table):  # type: ignore[no-untyped-def]
            yield from plain(connection, table)
            store.save(DRAFT, "Alex")

        monkeypatch.setattr(backup_file, "ordered_rows", interrupted)
        written = write_backup(store.database, path)
        assert (written.rows["projects"], written.rows["revisions"], written.rows["verdicts"]) == (1, 1, 3)
        assert store.count() > 1


def test_an_export_shows_one_moment_while_others_write(
    database_url: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, neumuenster: Catalogue
) -> None:
    """Between its two queries one project is changed, one is added, and the texts of one are deleted."""
    from app.decisions import store as module

    before, after, plain = tmp_path / "vorher.jsonl", tmp_path / "nachher.jsonl", module._verdicts
    with opened(database_url()) as store:
        for title in ("Erstes", "Zweites"):
            store.save(replace(DRAFT, title=title), "Kim")
        write_decisions(store.search(limit=None), before, neumuenster)

        def interrupted(connection, keys):  # type: ignore[no-untyped-def]
            monkeypatch.setattr(module, "_verdicts", plain)
            store.save(replace(DRAFT, title="geändert", goals=(SPORT,), no_goal=True), "Alex", 1)
            store.save(DRAFT, "Alex")
            with store.database.writing() as other:
                other.execute(sa.delete(verdicts).where(verdicts.c.project == 2))
                blank_texts(other, 2, datetime.now(UTC), "Alex")
            return plain(connection, keys)

        monkeypatch.setattr(module, "_verdicts", interrupted)
        assert write_decisions(store.search(limit=None), after, neumuenster) == 2
        assert after.read_text("utf-8") == before.read_text("utf-8")
        assert [one.draft.title for one in store.search(limit=None)] == [DRAFT.title, "geändert", ""]


def test_times_are_restored_as_utc_whatever_zone_the_server_takes_for_granted(
    database_url: Made, tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import backup as module

    def far_away(settings: Settings, home: Path | None = None) -> Database:
        database = open_database(settings, home)
        if not database.sqlite:
            event.listen(database.engine, "begin", lambda one: one.exec_driver_sql("SET LOCAL timezone = 'Asia/Tokyo'"))
        return database

    with opened(home=tmp_path / "quelle") as store:
        before = everything(store)
    url = database_url()
    monkeypatch.setattr(module, "open_database", far_away)
    for path in (backup, without_zones(backup)):
        restore_backup(path, Settings(database=url), replace=True)
        with opened(url) as store:
            assert everything(store) == before


def without_zones(path: Path) -> Path:
    """The same backup with times that name no zone."""
    *lines, foot = gzip.decompress(path.read_bytes()).replace(b"+00:00", b"").splitlines(keepends=True)
    foot = json.dumps(json.loads(foot) | {"sha256": hashlib.sha256(b"".join(lines)).hexdigest()}).encode()
    made = path.with_name("ohne-zone.gz")
    made.write_bytes(gzip.compress(b"".join([*lines, foot])))
    return made


def test_accounts_come_back_and_nobody_is_still_signed_in(
    database_url: Made, other_database_url: Made, tmp_path: Path
) -> None:
    path, target = tmp_path / "sicherung.gz", other_database_url()
    account = {"name": "Ärger", "folded": "ärger", "role": "admin", "password": "$argon2id$", "locked": False}
    for url, name in ((target, "Andere"), (database_url(), "Ärger")):
        with opened(url) as store, store.database.writing() as connection:
            made = {**account, "name": name, "created": 1_795_628_398}
            number = connection.execute(sa.insert(accounts).values(**made).returning(accounts.c.id)).scalar_one()
            connection.execute(sa.insert(sessions).values(token=name, account=number, opened=1, seen=2))
            before = connection.execute(sa.select(accounts)).all()
    with opened(url) as store:
        write_backup(store.database, path)
    restore_backup(path, Settings(database=target), replace=True)
    with opened(target) as store, store.database.reading() as connection:
        assert connection.execute(sa.select(accounts)).all() == before and before[0].name == "Ärger"
        assert connection.execute(sa.select(sessions)).all() == []
