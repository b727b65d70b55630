"""Measurements run beside the server, one at a time; finished ones are kept and served, ended ones leave nothing."""

from __future__ import annotations

import json
import multiprocessing
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.access.person import desk_person
from app.desk import Desk
from app.evaluation import Task
from app.measurements import KEPT, Measurement, Measurements, Progress, _measured, measure
from app.page.judged import Judged, judged_html
from app.page.measured import measured_html, nothing_html, title_of
from app.page.quality import Work
from app.reports import reports
from app.settings import Settings
from data.errors import UserError
from index.matcher import Matcher
from tests.fakes import WordEncoder
from tests.test_evaluation import encoder, labelled_file, settings

__all__ = ["encoder", "labelled_file", "settings"]  # fixtures


class Told(list[Any]):
    """Stands for the pipe to the server."""

    send = list.append


def waited(measurements: Measurements, seconds: float = 120) -> Progress:
    until = time.monotonic() + seconds
    while measurements.progress.running and time.monotonic() < until:
        time.sleep(0.05)
    return measurements.progress


@pytest.fixture
def made(settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder) -> Measurement:
    """A finished measurement with a comparison, as the process leaves it."""
    labelled_file.write_text(labelled_file.read_text("utf-8").replace("Neue Turnhalle", "<b>Bad</b>"), "utf-8")
    folder = tmp_path / "home" / "measurements" / "20261125-120000"
    folder.mkdir(parents=True)
    told = Told()
    task = Task(labelled_file, "test", ("profiles=off",))
    measure(settings, task, "Mai", folder, told, encoder=encoder, home=tmp_path / "home")
    assert ("progress", ("Grundeinstellung", 13, 13)) in told and ("progress", ("profiles=off", 1, 13)) in told
    (found,) = Measurements(tmp_path / "home").finished()
    return found


def test_a_measurement_is_kept_with_all_its_files(made: Measurement) -> None:
    assert (made.number, made.by, made.record["n"]) == ("20261125-120000", "Mai", 13)
    names = {path.name for path in made.folder.iterdir()}
    assert names == {"bericht.html", "bericht.json", "fehler.xlsx", "fehler.csv", "fehler.jsonl", "angaben.json"}
    assert [row["id"] for row in made.errors()] == [error["id"] for error in made.record["errors"]]
    assert made.errors() != []


def test_a_measurement_reads_as_sentences_with_their_doubt(made: Measurement) -> None:
    page = measured_html(made)
    value = made.record["metrics"]["acceptable@1"]["value"]
    assert f"<strong>{100 * value:.0f}<span> von 100</span></strong>" in page
    assert "gemessen an 8 Texten mit einem Ziel. Das sind wenige" in page
    assert "Ohne Zielprofile, allein mit den Titeln der Ziele" in page
    assert "von 13 Texten würden anders zugeordnet" in page
    assert "Diese Zahlen sind zum Berichten" in page
    assert title_of(made).startswith(
        "25.11.2026" if made.at.date().isoformat() == "2026-11-25" else f"{made.at:%d.%m.%Y}"
    )
    assert 'href="./bericht/20261125-120000"' in page


def test_foreign_text_is_escaped_wherever_it_is_shown(made: Measurement) -> None:
    made.record["comparisons"][0]["name"] = "model=<i>x</i>"
    page = measured_html(made)
    assert "<b>" not in page and "<i>" not in page
    assert ("&lt;b&gt;Bad" in page) == any("<b>" in row["text"] for row in made.errors())


def test_figures_that_do_not_exist_are_said_to_be_missing(made: Measurement) -> None:
    made.record["metrics"]["no_goal_found"] = {"value": None, "ci": None, "n": 0}
    assert "lässt sich nichts sagen" in measured_html(made)
    assert "Noch nichts gemessen" in nothing_html()


def test_only_reports_and_their_files_are_served(made: Measurement) -> None:
    app = FastAPI()
    app.include_router(reports(Measurements(made.folder.parents[1])))
    client = TestClient(app)
    page = client.get(f"/bericht/{made.number}")
    assert page.headers["content-type"].startswith("text/html")
    assert '<a href="../qualitaet">Zurück' in page.text and "<h1>Wie gut findet" in page.text
    stored = client.get(f"/bericht/{made.number}/bericht.html")
    assert "Zurück zum" not in stored.text
    assert stored.headers["content-disposition"] == f'attachment; filename="{made.number}-bericht.html"'
    assert client.get(f"/bericht/{made.number}/bericht.json").json()["n"] == 13
    for wrong in ("angaben.json", "fehler.jsonl", "..%2f..%2fsettings.yaml"):
        assert client.get(f"/bericht/{made.number}/{wrong}").status_code == 404
    for wrong in ("20200101-000000", "..", "%2e%2e", "x", ""):
        assert client.get(f"/bericht/{wrong}").status_code == 404
    (made.folder / "bericht.html").unlink()
    assert "gibt es nicht" in client.get(f"/bericht/{made.number}").text


@pytest.mark.slow
def test_a_measurement_runs_in_a_process_of_its_own_and_one_at_a_time(
    settings: Settings, labelled_file: Path, home: Path, tmp_path: Path
) -> None:
    measurements = Measurements(tmp_path)
    measurements.start(settings, Task(labelled_file, "test", ("baseline=tfidf-titles",)), "Mai")
    with pytest.raises(UserError, match=r"schon eine Messung \(Mai\)"):
        measurements.start(settings, Task(labelled_file), "Jo")
    ended = waited(measurements)
    assert (ended.fault, ended.sentence) == ("", "Die Messung ist fertig.")
    (found,) = measurements.finished()
    assert found.number == ended.number and found.by == "Mai"
    assert found.record["comparisons"][0]["name"] == "baseline=tfidf-titles"
    assert [path.name for path in tmp_path.joinpath("measurements").iterdir()] == [found.number]
    assert home.is_dir()  # the process worked in the home of the session


def test_a_measurement_through_the_api_is_told_on_the_page_and_keeps_others_waiting(
    settings: Settings, matcher: Matcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(matcher, settings)
    desk.measurements = Measurements(tmp_path)
    work, request = Work(desk), SimpleNamespace(request=None)
    monkeypatch.setattr("app.page.quality.person_of", lambda _: desk_person())
    with pytest.raises(ZeroDivisionError), desk.measurements.elsewhere("Kim") as told:
        _, _, _, meter, stop, timer, *_ = work.visited()
        assert "Über die Schnittstelle wird gemessen." in meter and "Gestartet von Kim." in meter
        assert (stop["interactive"], timer.active) == (False, True)
        told("Grundeinstellung", 3, 12)
        meter, stop, *_ = work.followed(None)
        assert "Grundeinstellung: 3 von 12 Texten. Gestartet von Kim." in meter and 'aria-valuenow="25"' in meter
        assert stop["interactive"] is False
        assert "lässt sich hier nicht abbrechen" in work.stopped(request)  # type: ignore[arg-type]
        refused = work.started("shipped", "test", [], "", request)[0]  # type: ignore[arg-type]
        assert "Es läuft schon eine Messung (Kim)" in refused
        raise ZeroDivisionError
    meter, stop, timer, *_ = work.followed(None)
    assert "Die Messung über die Schnittstelle ist gescheitert." in meter and timer.active is False
    assert work.visited()[3] == ""
    with desk.measurements.elsewhere("Kim"):
        pass
    assert "Die Messung über die Schnittstelle ist zu Ende." in work.followed(None)[0]


def test_a_fault_of_the_users_comes_back_as_one_sentence(settings: Settings, tmp_path: Path) -> None:
    measurements = Measurements(tmp_path)
    measurements.start(settings, Task(tmp_path / "fehlt.jsonl"), "Mai")
    ended = waited(measurements)
    assert "fehlt.jsonl" in ended.fault and not ended.running
    assert measurements.finished() == [] and list((tmp_path / "measurements").iterdir()) == []
    measurements.start(settings, Task(tmp_path / "fehlt.jsonl"), "Jo")  # the next one may begin
    assert "fehlt.jsonl" in waited(measurements).fault


def test_a_process_that_cannot_be_started_blocks_no_later_measurement(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_process: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    measurements = Measurements(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("multiprocessing.process.BaseProcess.start", refuse)
        with pytest.raises(UserError, match="ließ sich nicht starten"):
            measurements.start(settings, Task(tmp_path / "fehlt.jsonl"), "Mai")
    assert not measurements.progress.running and list((tmp_path / "measurements").iterdir()) == []
    measurements.start(settings, Task(tmp_path / "fehlt.jsonl"), "Jo")
    assert "fehlt.jsonl" in waited(measurements).fault


def test_a_system_without_priorities_measures_all_the_same(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.nice")
    receive, send = multiprocessing.Pipe(duplex=False)
    _measured(settings, Task(tmp_path / "fehlt.jsonl"), "Mai", tmp_path, send)
    told = receive.recv()
    while told[0] == "say":
        told = receive.recv()
    assert told[0] == "fault" and "fehlt.jsonl" in told[1]


def test_a_cancelled_measurement_leaves_nothing(settings: Settings, labelled_file: Path, tmp_path: Path) -> None:
    measurements = Measurements(tmp_path)
    measurements.start(settings, Task(labelled_file), "Mai")
    measurements.cancel()
    ended = waited(measurements)
    assert (ended.sentence, ended.fault, ended.number) == ("Die Messung wurde abgebrochen.", "", "")
    assert list((tmp_path / "measurements").iterdir()) == []


def test_old_and_damaged_measurements_do_not_pile_up(settings: Settings, labelled_file: Path, tmp_path: Path) -> None:
    parent = tmp_path / "measurements"
    for day in range(1, KEPT + 3):
        (parent / f"202001{day:02}-000000").mkdir(parents=True)
    (parent / "20200101-000000" / "angaben.json").write_text("{", "utf-8")
    (parent / ".neu-left").mkdir()
    measurements = Measurements(tmp_path)
    assert measurements.finished() == []
    measurements.start(settings, Task(labelled_file), "Mai")
    assert waited(measurements).number
    names = sorted(path.name for path in parent.iterdir())
    assert len(names) == KEPT and names[0] == "20200104-000000"
    assert json.loads((parent / names[-1] / "bericht.json").read_text("utf-8"))["n"] == 13


def test_the_judged_texts_say_what_stands_to_be_taken_over() -> None:
    assert "Es ist noch nichts entschieden" in judged_html(Judged([], [], None, 0, False))
    assert "sind 3 Entscheidungen gespeichert" in judged_html(Judged([], [], None, 3, False))
    assert "lernt aus denen im Entwicklungsteil" in judged_html(Judged([], [], None, 0, True))
