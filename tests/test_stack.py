"""Runs over tables without a browser: what is kept, for whom, how long, and what goes on."""

from __future__ import annotations

import csv
import json
import os
import pickle
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.access.person import desk_person
from app.batch import BatchRow, job_of, match_projects
from app.decisions.judgement import Judgement
from app.desk import TOP, Desk
from app.journal import Answer, Journal
from app.page.review import Filter, Shown, review_html
from app.page.stack_work import REFERENCES, StackWork, _cell, _title
from app.settings import Settings
from app.stack import CHANGED, Stack
from app.stack_rows import Rows, RowsWriter
from app.stack_runs import KEPT_DAYS, RowDecision, StackRun, begin_run, run_of, runs_of
from data.errors import UserError
from data.tables import Project
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


def large_run(desk: Desk, folder: Path, n: int, name: str = "projekte.csv") -> StackRun:
    """A run of whoever sits at the desk whose `n` rows are matched already, each as the first of its text was."""
    run = begin_run(uploaded(folder, n).rename(folder / name), None, desk_person().name)
    limit = desk.settings.max_text_characters
    job = job_of(desk.matcher, run.table, None, (), TOP, limit)
    (run.folder / "grundlage.json").write_text(json.dumps(job), "utf-8")
    projects = [Project("0", TEXTS[0]), Project("1", TEXTS[1]), Project("2", TEXTS[2])]
    rows = list(match_projects(desk.matcher, projects, (), TOP, limit))
    with Journal(run.journal, job, resume=False) as journal:
        journal.append([Answer(rows[n % 3].match, rows[n % 3].error) for n in range(n)])
    return run


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
    assert run.finished and (again.total, again.faulty, len(again.rows)) == (600, 200, 600)


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
    assert all(0 < done <= stack.total for done in stack.steps())
    basis = (desk.catalogue.digest, desk.matcher.encoder.fingerprint)
    return Shown(run.number, *basis, stack.rows, stack.remarks)


def test_rows_are_filtered_by_kind_area_and_confidence(desk: Desk, tmp_path: Path) -> None:
    shown = shown_of(desk, begin_run(uploaded(tmp_path, 3), None, "Ada", tmp_path))
    assert Filter().positions(shown) == [0, 1, 2]
    assert Filter("Fehlerhafte").positions(shown) == [1] and Filter(areas=["1"]).positions(shown) == [2]
    sure = {n: desk.match(f"{TEXTS[n]} {n}", (), TOP).goals[0].confidence for n in (0, 2)}
    for name, low, high in (("ab 90 %", 0.9, 1.01), ("70 bis 89 %", 0.7, 0.9), ("unter 70 %", 0.0, 0.7)):
        assert Filter(confidence=name).positions(shown) == [n for n in sure if low <= sure[n] < high]
    decided = replace(shown, decided={0: RowDecision(1, 1, "PB5.4")})
    assert Filter("Noch nicht entschiedene").positions(decided) == [2]


def test_every_row_of_a_large_run_is_listed_reviewed_and_decided(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.page.stack_work.person_of", lambda _: desk_person())
    run = large_run(desk, tmp_path, 2_500)
    shown, work = shown_of(desk, run), StackWork(desk)
    assert [shown.rows[place].project.id for place in (0, 2_499, 1_204)] == ["0", "2499", "1204"]
    assert shown.rows[2_497].match is None and "leer" in shown.rows[2_497].error
    last = review_html(shown, Filter(begin=2_450), desk.catalogue)
    assert "2.450 bis 2.500 von 2.500 Zeilen." in last and "Fahrradstraße am Stadtwald 2499" in last
    assert last.count('class="kennung">2') == 51
    beyond = review_html(shown, Filter("Fehlerhafte", begin=9_999), desk.catalogue)
    assert "833 bis 833 von 833 Zeilen." in beyond
    assert Filter("Noch nicht entschiedene").positions(shown)[-1] == 2_499
    place, head, *_ = work.turn(shown, Filter(begin=2_498), None, 0)  # which is faulty: the next one is shown
    assert place == 2_498 and "Projekt 1.666 von 1.667: 2498" in head
    judged, request = json.dumps({"goals": {}, "none": True}), SimpleNamespace(request=None)
    after = work.save(shown, Filter(), place, judged, request)[0]  # type: ignore[arg-type]
    assert set(after.decided) == {2_498} and set(run.decided()) == {2_498}
    saved = desk.store.current(run.decided()[2_498].project).draft
    assert (saved.text, saved.no_goal) == ("Drehleiter DLK 23 Ersatzbeschaffung 2498", True)
    run.discard()
    gone = work.turn(shown, Filter(), place, -1)
    assert "gibt es nicht mehr" in gone[3] and gone[1:3] == ("", "")
    assert "gibt es nicht mehr" in work.listed(shown, Filter())[1]


def test_the_rows_of_a_run_take_no_memory_for_their_texts(desk: Desk, tmp_path: Path) -> None:
    match = desk.match("Fahrradstraße")
    with RowsWriter(tmp_path / "zeilen") as writer:
        for n in range(300):
            writer.write(BatchRow(Project(str(n), f"{n} " + "Text " * 4_000, {"wann": date(2026, 1, 1)}), match))
        writer.commit()
    rows = writer.rows
    assert len(pickle.dumps(rows)) < 300 * 25 + 1_000
    assert rows[299].match == match and rows[299].project.text.startswith("299 Text")
    assert rows[7].project.row == {"wann": "2026-01-01"}
    assert [path.name for path in tmp_path.iterdir()] == ["zeilen"]


def test_rows_that_were_read_anew_are_not_taken_for_those_before(tmp_path: Path) -> None:
    def written(texts: list[str]) -> Rows:
        with RowsWriter(tmp_path / "zeilen") as writer:
            for n, text in enumerate(texts):
                writer.write(BatchRow(Project(str(n), text), None, "leer"))
            writer.commit()
        return writer.rows

    before = written(["kurz", "und lang " * 50, "kurz"])
    after = written(["anders " * 30, "", "kurz"])
    assert after[2].project.text == "kurz"
    for position in range(3):
        with pytest.raises(UserError, match="neu zugeordnet"):
            before[position]
    with pytest.raises(RuntimeError), RowsWriter(tmp_path / "zeilen") as writer:
        writer.write(BatchRow(Project("0", "halb"), None))
        raise RuntimeError
    assert after[0].project.text.startswith("anders") and len(list(tmp_path.iterdir())) == 1


def test_a_decision_on_an_outdated_catalogue_is_refused(desk: Desk, tmp_path: Path) -> None:
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
    def refuses(*_: object) -> None:
        raise UserError("Entschieden ist es, aber der Stapel merkt es sich nicht.")

    run = begin_run(uploaded(tmp_path, 3), None, desk_person().name)
    monkeypatch.setattr(StackRun, "remember", refuses)
    before = desk.store.count()
    shown = shown_of(desk, run)
    request = SimpleNamespace(request=None)
    monkeypatch.setattr("app.page.stack_work.person_of", lambda _: desk_person())
    judged = json.dumps({"goals": {}, "none": True})
    answer = StackWork(desk).save(shown, Filter(), 0, judged, request)  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    ("cells", "title", "reference"),
    [
        ({"Nr": 1, "Projekt": "Radweg Nord", "Beschreibung": "Ein Radweg."}, "Radweg Nord", ""),
        ({"Name": "Erika Muster", "Projekt": "Radweg Nord", "text": "Ein Radweg."}, "Radweg Nord", ""),
        ({"projekt": 17, "Betreff": "Antrag Radweg", "text": "Ein Radweg."}, "Antrag Radweg", ""),
        ({"Projekt": "Ein Radweg.", "Antragsnummer": 4711.0}, "Ein Radweg.", "4711"),
        ({"titel": "Lang " * 30, "text": "Ein Radweg."}, ("Lang " * 30).strip(), ""),
        ({"titel": None, "text": "Ein Radweg."}, "Ein Radweg.", ""),
    ],
)
def test_title_and_reference_come_from_the_table(cells: dict[str, object], title: str, reference: str) -> None:
    row = BatchRow(Project("1", "Ein Radweg.", cells), None, "")
    assert (_title(row), _cell(cells, REFERENCES)) == (title, reference)
