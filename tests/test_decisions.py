"""Decisions: append-only, found again, forgotten on demand, safe from those who write at the same time."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from decision_drafts import CYCLING, DRAFT, SPORT

from app.__main__ import main
from app.database import FILE, open_database
from app.decisions.records import ADDED, REJECTED, GoalVerdict
from app.decisions.store import DecisionStore, _lock, _next, open_store
from app.desk import Desk
from app.settings import Settings
from data.errors import UserError
from index.matcher import Matcher


@pytest.fixture
def url(database_url: Callable[[], str]) -> str:
    """A new empty database: SQLite, and PostgreSQL where it is installed."""
    return database_url()


@pytest.fixture
def opened() -> Iterator[Callable[..., DecisionStore]]:
    """Opens stores that are closed at the end of the test."""
    with contextlib.ExitStack() as stores:

        def open_one(url: str = "", home: Path | None = None) -> DecisionStore:
            store = open_store(Settings(database=url), home)
            stores.callback(store.close)
            return store

        yield open_one


Opened = Callable[..., DecisionStore]


@pytest.fixture
def store(url: str, opened: Opened) -> DecisionStore:
    return opened(url)


def test_a_saved_decision_comes_back_whole(store: DecisionStore) -> None:
    before = datetime.now(UTC)
    saved = store.save(DRAFT, "Kim")
    assert (saved.project, saved.revision, saved.decided_by, saved.draft) == (1, 1, "Kim", DRAFT)
    assert before <= saved.decided_at <= datetime.now(UTC)
    assert store.current(1) == saved and store.history(1) == [saved]


def test_a_second_save_is_a_new_revision_and_the_first_stays(store: DecisionStore) -> None:
    first = store.save(DRAFT, "Kim")
    none = replace(DRAFT, goals=(replace(CYCLING, verdict=REJECTED),), no_goal=True)
    second = store.save(none, "Alex", first.project, expected=1)
    assert store.history(first.project) == [first, second] and second.revision == 2
    assert store.current(first.project).draft.no_goal


def test_who_saw_an_older_revision_is_told_who_was_quicker(store: DecisionStore) -> None:
    store.save(DRAFT, "Kim")
    store.save(DRAFT, "Alex", 1, expected=1)
    with pytest.raises(UserError, match=r"Alex hat das Projekt 1 inzwischen neu entschieden \(Stand 2\)"):
        store.save(DRAFT, "Kim", 1, expected=1)
    assert len(store.history(1)) == 2


def test_a_withdrawn_decision_is_no_longer_counted_but_kept(store: DecisionStore) -> None:
    store.save(DRAFT, "Kim")
    store.save(replace(DRAFT, title="Zweites"), "Kim")
    withdrawn = store.withdraw(1, "Alex", "Antrag zurückgezogen")
    assert withdrawn.withdrawn and withdrawn.draft.reason == "Antrag zurückgezogen"
    assert [decision.project for decision in store.every()] == [2]
    assert [decision.project for decision in store.search()] == [1, 2]
    assert store.count(withdrawn=True) == 1 and len(store.history(1)) == 2
    with pytest.raises(UserError, match="bereits zurückgenommen"):
        store.withdraw(1, "Alex")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [2, 1]),
        ({"words": "stadtwald MUSTERMANN"}, [1]),
        ({"words": "ÄRZTE"}, [2]),
        ({"words": "100 %"}, [1]),
        ({"words": "_adtwald"}, []),
        ({"words": "61-2026/17 tiefbau"}, [1]),
        ({"words": "pb5.4"}, [1]),
        ({"area": 5}, [1]),
        ({"area": "5"}, [1]),
        ({"area": 4}, [2]),
        ({"goal": "G.8"}, [1]),
        ({"goal": "PB4.2"}, []),
        ({"by": "Alex"}, [2]),
        ({"limit": 1, "offset": 1}, [1]),
    ],
)
def test_decisions_are_found_by_what_staff_know_of_them(
    store: DecisionStore, wanted: dict[str, object], found: list[int]
) -> None:
    store.save(DRAFT, "Kim")
    health = GoalVerdict("PB4.1", "Gesundheit fördern", 4, ADDED)
    store.save(replace(DRAFT, title="Ärztehaus", text="", reference="", department="", goals=(health,)), "Alex")
    assert [decision.project for decision in store.search(**wanted)] == found  # type: ignore[arg-type]
    if "limit" not in wanted:
        assert store.count(**wanted) == len(found)  # type: ignore[arg-type]


def test_a_period_holds_its_beginning_and_not_its_end(store: DecisionStore) -> None:
    moment = store.save(DRAFT, "Kim").decided_at
    assert store.count(since=moment) == 1 and store.count(since=moment + timedelta(seconds=1)) == 0
    assert store.count(until=moment) == 0 and store.count(until=moment + timedelta(seconds=1)) == 1


def test_every_reads_all_pages(store: DecisionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.decisions.store.PAGE", 3)
    for _ in range(7):
        store.save(DRAFT, "Kim")
    assert [decision.project for decision in store.every()] == list(range(1, 8))


def test_forgetting_leaves_goals_and_figures_and_no_personal_text(store: DecisionStore) -> None:
    store.save(DRAFT, "Kim")
    store.save(replace(DRAFT, title="Neuer Titel"), "Kim", 1)
    store.forget(1, "Alex")
    for decision in store.history(1):
        draft = decision.draft
        assert (draft.title, draft.text, draft.reference, draft.reason) == ("", "", "", "")
        assert draft.department == "Tiefbau" and decision.texts_deleted_at is not None
        assert [(goal.goal, goal.confidence, goal.evidence, goal.reason) for goal in draft.goals] == [
            ("PB5.4", 0.98, (), ""),
            ("G.8", None, (), ""),
            ("PB4.2", 0.1, (), ""),
        ]
    assert store.count(words="mustermann") == 0 and store.count(words="stadtwald") == 0
    assert store.count(goal="PB5.4") == 1 and store.count(words="tiefbau kim pb5.4") == 1
    with pytest.raises(UserError, match="gelöscht"):
        store.save(DRAFT, "Kim", 1)


def test_forgotten_texts_are_nowhere_in_the_files(tmp_path: Path, opened: Opened) -> None:
    store = opened(home=tmp_path)
    store.save(replace(DRAFT, text="Erika Mustermann " * 3_000), "Kim")
    store.save(replace(DRAFT, text="bleibt stehen"), "Kim")

    def stored() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"Mustermann" in stored()
    store.forget(1, "Alex")
    assert b"mustermann" not in stored().lower() and b"bleibt stehen" in stored()


@pytest.mark.parametrize(
    ("changed", "by", "sentence"),
    [
        ({"no_goal": True}, "Kim", "«Kein Ziel passt» und das Ziel PB5.4 schließen sich aus"),
        ({"goals": (SPORT,)}, "Kim", "Es ist kein Ziel angenommen"),
        ({"goals": (CYCLING, CYCLING)}, "Kim", "Ein Ziel kommt doppelt vor"),
        ({"goals": (replace(CYCLING, verdict="ja"),)}, "Kim", "angegeben war 'ja'"),
        ({"title": "x" * 501}, "Kim", "Der Titel hat 501 Zeichen, erlaubt sind 500"),
        ({}, " ", "wer entscheidet"),
    ],
)
def test_a_draft_that_contradicts_itself_is_refused_and_nothing_is_saved(
    store: DecisionStore, changed: dict[str, object], by: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        store.save(replace(DRAFT, **changed), by)  # type: ignore[arg-type]
    assert store.count() == 0


def test_odd_characters_are_kept_or_replaced_but_never_an_error(store: DecisionStore) -> None:
    odd = replace(DRAFT, title="=1+1 '; DROP TABLE projects; --", text="a\0b \ud800 🚲 <script>", reason="%_\\")
    store.save(odd, "Kim")
    draft = store.current(1).draft
    assert (draft.title, draft.text, draft.reason) == (odd.title, "ab ? 🚲 <script>", odd.reason)
    assert store.count(words="%_\\") == 1


def test_an_unknown_project_is_named(store: DecisionStore) -> None:
    for call in (store.current, store.history, lambda number: store.forget(number, "Kim")):
        with pytest.raises(UserError, match="Ein Projekt mit der Nummer 7 gibt es nicht"):
            call(7)


def test_the_migrations_make_the_tables_that_the_store_uses(store: DecisionStore) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from app.decisions.tables import metadata

    names = set(metadata.tables)
    with store.database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in names}
        )
        assert compare_metadata(context, metadata) == []


def test_a_database_of_a_newer_version_is_refused(url: str, store: DecisionStore) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'r9999'")
    with pytest.raises(UserError, match=r"stammt von einer neueren Fassung des Programms \(r9999\)"):
        open_database(Settings(database=url))


def _save_many(url: str, count: int) -> None:
    store = open_store(Settings(database=url))
    for _ in range(count):
        store.save(DRAFT, f"Person {os.getpid()}")
    store.close()


@pytest.mark.slow
def test_writers_at_the_same_time_lose_nothing(url: str, opened: Opened) -> None:
    """They open and migrate the same empty database at the same time, too."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_save_many, args=(url, 20)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert [decision.project for decision in opened(url).every()] == list(range(1, 81))


def test_only_the_owner_may_read_the_file(tmp_path: Path, opened: Opened) -> None:
    opened(home=tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"Das ist keine Datenbank. " * 100)
    with pytest.raises(UserError, match="ist keine Datenbank dieses Programms"):
        open_database(Settings(), tmp_path)
    assert path.read_bytes() == b"Das ist keine Datenbank. " * 100


def test_a_full_disk_is_reported_and_what_was_saved_stays(tmp_path: Path, opened: Opened) -> None:
    store = opened(home=tmp_path)
    store.save(DRAFT, "Kim")
    with store.database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UserError, match=r"der Datenträger ist voll\. Es wurde nichts gespeichert"):
        store.save(replace(DRAFT, text="x" * 100_000), "Kim")
    assert [decision.project for decision in store.every()] == [1]


def test_a_locked_database_is_reported(tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.database.WAIT_SECONDS", 0)
    store = opened(home=tmp_path)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UserError, match="von einem anderen Vorgang belegt"):
        store.save(DRAFT, "Kim")
    other.close()
    assert store.save(DRAFT, "Kim").project == 1


@pytest.mark.parametrize(
    "given", ["mysql://a:geheim@host/db", "sqlite://", "keine Adresse", "postgresql://isek:geheim@127.0.0.1:1/isek"]
)
def test_a_wrong_address_is_explained_without_its_password(given: str) -> None:
    with pytest.raises(UserError, match=r"Erwartet wird|nicht zu erreichen") as failure:
        open_database(Settings(database=given))
    assert "geheim" not in str(failure.value)


def test_running_the_matcher_again_touches_no_decision(
    matcher: Matcher, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the page's desk, on the command line and in a batch: not a byte of the database changes."""
    path, settings, projects = tmp_path / "d.sqlite3", tmp_path / "settings.yaml", tmp_path / "projekte.csv"
    store = opened(f"sqlite:///{path}")
    store.save(DRAFT, "Kim")
    store.save(replace(DRAFT, goals=(replace(CYCLING, verdict=REJECTED),), no_goal=True), "Kim", 1)
    before = store.history(1)
    store.close()
    kept = path.read_bytes()
    settings.write_text(f"database: sqlite:///{path}\n", "utf-8")
    projects.write_text(f"id;text\n1;{DRAFT.text}\n", "utf-8")
    monkeypatch.setenv("ISEK_SETTINGS", str(settings))
    assert main(["match", DRAFT.text]) == 0
    assert main(["batch", str(projects), "--output", str(tmp_path / "ziele.csv")]) == 0
    assert path.read_bytes() == kept
    desk = Desk(matcher, Settings(), opened(f"sqlite:///{path}"))
    assert desk.match(DRAFT.text).goals[0].id == "PB5.4"
    assert desk.store.history(1) == before and path.read_bytes() == kept


def _forget_later(url: str) -> None:
    store = open_store(Settings(database=url))
    store.forget(1, "Alex")
    store.close()


def test_a_text_saved_while_it_is_being_forgotten_is_forgotten_too(url: str, opened: Opened) -> None:
    """Another process forgets while this one holds the project's row and then adds a revision with the text."""
    store = opened(url)
    store.save(DRAFT, "Kim")
    forgetting = multiprocessing.get_context("spawn").Process(target=_forget_later, args=(url,))
    with store.database.writing() as connection:
        _lock(connection, 1)
        forgetting.start()
        forgetting.join(3)  # it waits for the row
        assert forgetting.is_alive()
        _next(connection, 1, None, DRAFT, "Kim")
    forgetting.join(60)
    assert forgetting.exitcode == 0
    assert [decision.draft.text for decision in store.history(1)] == ["", ""]
