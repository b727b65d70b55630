"""Runs over tables without a browser: what is kept, for whom, how long, and what goes on."""

from __future__ import annotations

import csv
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.decisions.judgement import Judgement
from app.desk import Desk
from app.page.review import Filter, Shown
from app.page.stack_work import StackWork
from app.settings import Settings
from app.stack import CHANGED, Stack
from app.stack_runs import KEPT_DAYS, RowDecision, StackRun, begin_run, run_of, runs_of
from data.errors import UserError
from index.matcher import Matcher

TEXTS = ("Fahrradstraße am Stadtwald", "", "Drehleiter DLK 23 Ersatzbeschaffung")


@pytest.fixture(scope="module")
def desk(matcher: Matcher) -> Desk:
    return Desk(matcher, Settings())


def uploaded(folder: Path, n: int = 600) -> Path:
    path = folder / "projekte.csv"
    texts = [f"{TEXTS[row % 3]} {row}" if TEXTS[row % 3] else "" for row in range(n)]
    path.write_text("id;text\n" + "".join(f"{row};{text}\n" for row, text in enumerate(texts)), "utf-8")
    return path


def test_a_run_belongs_to_a_person_and_goes_after_some_days(tmp_path: Path) -> None:
    table = uploaded(tmp_path, 3)
    first, second = begin_run(table, "text", "Ada", tmp_path), begin_run(table, None, "Ben", tmp_path)
    assert runs_of("Ada", tmp_path) == [first] and run_of(second.number, "Ben", tmp_path) == second
    assert first.table.read_bytes() == table.read_bytes() and first.column == "text"
    with pytest.raises(UserError, match="Diesen Lauf gibt es nicht mehr"):
        run_of(second.number, "Ada", tmp_path)
    long_ago = time.time() - KEPT_DAYS * 86_400 - 60
    for path in (first.folder, *first.folder.iterdir()):
        os.utime(path, (long_ago, long_ago))
    assert runs_of("Ada", tmp_path) == [] and not first.folder.exists() and second.folder.exists()
    second.discard()
    assert runs_of("Ben", tmp_path) == []


def test_what_was_decided_is_read_again_and_a_line_cut_off_counts_for_nothing(tmp_path: Path) -> None:
    run = begin_run(uploaded(tmp_path, 3), None, "Ada", tmp_path)
    run.remember(0, RowDecision(7, 1, "PB5.4"))
    run.remember(0, RowDecision(7, 2, "kein Ziel"))
    with (run.folder / "entschieden.jsonl").open("a") as stream:
        stream.write('[1, {"project": 8,')
    assert run.decided() == {0: RowDecision(7, 2, "kein Ziel")}


@pytest.mark.slow
def test_a_run_that_ended_early_goes_on_and_gives_the_same_table(desk: Desk, tmp_path: Path) -> None:
    run, whole = (begin_run(uploaded(tmp_path), None, "Ada", tmp_path) for _ in range(2))
    early = Stack(desk, run)
    steps = early.steps()
    assert next(steps) == 20
    steps.close()
    assert not any(file.exists() for file in early.files) and not run.finished
    later = Stack(desk, run)
    assert next(later.steps()) > 256 and later.resumed == 256
    again, reference = Stack(desk, run), Stack(desk, whole)
    for stack in (again, reference):
        list(stack.steps())
    assert again.files[1].read_bytes() == reference.files[1].read_bytes()
    assert run.finished and (again.total, again.faulty, len(again.kept)) == (600, 200, 600)


def test_another_basis_begins_the_run_anew_and_says_so(desk: Desk, matcher: Matcher, tmp_path: Path) -> None:
    run = begin_run(uploaded(tmp_path, 40), None, "Ada", tmp_path)
    list(Stack(desk, run).steps())
    other = Desk(matcher, Settings(max_text_characters=1_000))
    anew = Stack(other, run)
    assert list(anew.steps()) == [20, 40] and CHANGED in anew.remarks


def test_decisions_stand_in_the_files_of_a_run_read_again(desk: Desk, tmp_path: Path) -> None:
    run = begin_run(uploaded(tmp_path, 3), None, "Ada", tmp_path)
    run.remember(2, RowDecision(7, 1, "=PB1.4"))
    stack = Stack(desk, run)
    list(stack.steps())
    rows = list(csv.DictReader(stack.files[1].read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [(row["entscheidung"], row["entscheidung_nr"]) for row in rows] == [("", ""), ("", ""), ("'=PB1.4", "7")]


def shown_of(desk: Desk, run: StackRun) -> Shown:
    stack = Stack(desk, run)
    list(stack.steps())
    basis = (desk.catalogue.digest, desk.matcher.encoder.fingerprint)
    return Shown(run.number, *basis, tuple(stack.kept), stack.total, stack.faulty, stack.remarks)


def test_rows_are_filtered_by_kind_area_and_confidence(desk: Desk, tmp_path: Path) -> None:
    shown = shown_of(desk, begin_run(uploaded(tmp_path, 3), None, "Ada", tmp_path))
    assert Filter().positions(shown) == [0, 1, 2]
    assert Filter("Fehlerhafte").positions(shown) == [1] and Filter(areas=["1"]).positions(shown) == [2]
    assert Filter(confidence="ab 90 %").positions(shown) == [2]
    assert Filter(confidence="70 bis 89 %").positions(shown) == [0]
    assert Filter(confidence="unter 70 %").positions(shown) == []
    decided = replace(shown, decided={0: RowDecision(1, 1, "PB5.4")})
    assert Filter("Noch nicht entschiedene").positions(decided) == [2]


def test_a_decision_on_an_outdated_catalogue_is_refused(desk: Desk, tmp_path: Path) -> None:
    from app.access.person import desk_person

    person = desk_person()
    run = begin_run(uploaded(tmp_path, 3), None, person.name)
    shown = shown_of(desk, run)
    work, judgement = StackWork(desk), Judgement(no_goal=True)
    before = desk.store.count()
    with pytest.raises(UserError, match="Zielkatalog wurde nach dieser Zuordnung geändert"):
        work._stored(replace(shown, catalogue="alt"), 0, judgement, person)
    with pytest.raises(UserError, match="keinen brauchbaren Text"):
        work._stored(shown, 1, judgement, person)
    assert desk.store.count() == before
    made, remark = work._stored(shown, 0, judgement, person)
    assert remark == ""
    saved = desk.store.current(made.project)
    assert (saved.draft.source, saved.draft.no_goal, made.told, run.decided()) == (
        "Stapel",
        True,
        "kein Ziel",
        {0: made},
    )
    run.discard()


def test_what_is_saved_counts_as_decided_also_when_the_run_cannot_remember_it(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.access.person import desk_person

    def refuses(*_: object) -> None:
        raise UserError("Entschieden ist es, aber der Stapel merkt es sich nicht.")

    run = begin_run(uploaded(tmp_path, 3), None, desk_person().name)
    monkeypatch.setattr(StackRun, "remember", refuses)
    before = desk.store.count()
    shown = shown_of(desk, run)
    request = SimpleNamespace(request=None)
    monkeypatch.setattr("app.page.stack_work.person_of", lambda _: desk_person())
    answer = StackWork(desk).save(
        shown, Filter().choice, [], Filter().confidence, 0, json.dumps({"goals": {}, "none": True}), request
    )  # type: ignore[arg-type]
    assert desk.store.count() == before + 1 and 0 in answer[0].decided
    assert "merkt es sich nicht" in answer[4] and "Nicht gespeichert" not in answer[4]
    run.discard()


def test_a_project_that_is_forgotten_leaves_no_table_of_anybody(tmp_path: Path) -> None:
    from decision_samples import draft

    from app.decisions.store import open_store

    store = open_store(Settings(), tmp_path)
    first, second = (store.save(draft(), "Ada") for _ in range(2))
    holding, damaged, other = (begin_run(uploaded(tmp_path, 3), None, by, tmp_path) for by in ("Bo", "Cy", "Di"))
    for run, saved in ((holding, first), (damaged, first), (other, second)):
        run.remember(0, RowDecision(saved.project, saved.revision, "PB5.4"))
    (damaged.folder / "lauf.json").write_text("{", "utf-8")
    store.forget(first.project, "Ada")
    store.close()
    assert [run.folder.exists() for run in (holding, damaged, other)] == [False, False, True]
