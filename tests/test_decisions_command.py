"""`isek decisions`: lists, exports, deletes, backs up and restores, in German and with the right status."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from decision_drafts import DRAFT, SPORT

from app.__main__ import main
from app.decisions.store import DecisionStore, open_store
from app.settings import Settings


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder that is not there yet."""
    monkeypatch.setenv("ISEK_HOME", str(tmp_path / "heim"))
    return tmp_path / "heim"


@pytest.fixture
def store(empty: Path) -> Iterator[DecisionStore]:
    """Four projects: revised; no goal and withdrawn; forgotten; with a title that would steer the terminal or a table."""
    opened = open_store(Settings(), empty)
    opened.save(DRAFT, "Kim")
    opened.save(replace(DRAFT, title="Neuer Titel"), "Alex", 1)
    opened.save(replace(DRAFT, goals=(SPORT,), no_goal=True), "Kim")
    opened.withdraw(2, "Alex", "zurückgezogen")
    opened.save(DRAFT, "Kim")
    opened.forget(3, "Alex")
    opened.save(replace(DRAFT, title="=1+1\x1b[31m"), "Kim")
    yield opened
    opened.close()


def numbers(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines()]


@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "1"], ["backup", "x.gz"], ["export", "x.csv"], ["forget", "1"]]
)
def test_without_a_database_nothing_is_made(
    empty: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["decisions", *arguments]) == 2
    assert "bitte ISEK_HOME prüfen" in capsys.readouterr().err and not empty.exists()


@pytest.mark.usefixtures("store")
def test_decisions_are_listed_as_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    today, tomorrow = (f"{date.today() + timedelta(days):%d.%m.%Y}" for days in (0, 1))
    for arguments, found in (
        ([], ["4", "3", "1", "2"]),
        (["--area", "5", "--words", "tiefbau"], ["4", "3", "1"]),
        (["--by", "alex"], ["1", "2"]),
        (["--limit", "1"], ["4"]),
        (["--since", today, "--until", today, "--goal", "G.8"], ["4", "3", "1"]),
        (["--since", tomorrow], []),
    ):
        assert main(["decisions", "list", *arguments]) == 0
        out = capsys.readouterr().out
        assert sorted(numbers(out)) == sorted(found), arguments
        assert "\x1b" not in out
    assert main(["decisions", "list", "--since", "gestern"]) == 2
    assert "erwartet einen Tag wie" in capsys.readouterr().err


@pytest.mark.usefixtures("store")
def test_a_project_is_shown_with_its_history(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decisions", "show", "2"]) == 0
    shown = capsys.readouterr().out
    assert "Projekt 2, Fassung 1: kein Ziel passt" in shown and "Projekt 2, Fassung 2: zurückgenommen" in shown
    assert "abgelehnt  PB4.2 Bewegungsfreundliche Stadt sein (10 %)" in shown
    assert main(["decisions", "show", "3"]) == 0
    assert "Persönliche Texte gelöscht am" in capsys.readouterr().out
    assert main(["decisions", "show", "9"]) == 2
    assert "Ein Projekt mit der Nummer 9 gibt es nicht" in capsys.readouterr().err


@pytest.mark.usefixtures("store")
def test_an_export_holds_the_same_and_no_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "entscheidungen.csv"
    assert main(["decisions", "export", str(path), "--goal", "PB5.4"]) == 0
    assert "3 Entscheidungen" in capsys.readouterr().out
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["nr"]: row for row in csv.DictReader(file, delimiter=";")}
    assert set(rows) == {"1", "3", "4"} and rows["1"]["titel"] == "Neuer Titel" and rows["3"]["titel"] == ""
    assert rows["4"]["titel"].startswith("'=1+1") and rows["1"]["hauptziel"] == "PB5.4"
    assert main(["decisions", "export", str(tmp_path / "x.pdf")]) == 2
    assert "geschrieben wird .csv, .xlsx, .jsonl" in capsys.readouterr().err


@pytest.mark.usefixtures("store")
def test_backup_and_restore_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "sicherung.gz")
    assert main(["decisions", "backup", file]) == 0
    assert "Gesichert und geprüft: 4 Projekte mit 6 Fassungen" in capsys.readouterr().out
    assert main(["decisions", "backup", file]) == 2
    assert "gibt es schon; mit --force" in capsys.readouterr().err
    assert main(["decisions", "forget", "1"]) == 0 and main(["decisions", "restore", file]) == 2
    assert "ist nicht leer (4 Projekte)" in capsys.readouterr().err
    assert main(["decisions", "restore", file, "--force"]) == 0
    assert "wieder gelöscht: 1" in capsys.readouterr().out
