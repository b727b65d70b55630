"""The journal of a run: rows come back as they were, damage costs only what it hit, and kills cost nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.__main__ import main
from app.batch import _chunks, match_projects
from app.journal import Answer, Journal, journal_path
from data.errors import UserError
from data.tables import Project, TableWriter
from index.matcher import Matcher

JOB = {"Eingabe": "a", "Sprachmodell": "b"}
TEXTS = ("Radweg am Kanal", "Neue Drehleiter für die Feuerwehr", "Neue Kita mit Mensa", "Glasfaser im Gewerbegebiet")


def table(path: Path, rows: int) -> Path:
    """A table whose texts repeat seldom; every ninth is blank."""
    lines = [
        {"id": str(n), "text": "" if n % 9 == 8 else f"{TEXTS[n % 4]}, {n % 611}. Bauabschnitt, {n} m"}
        for n in range(rows)
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def batch(source: Path, target: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "app", "batch", str(source), "--output", str(target), *more]


def killed_after_a_chunk(source: Path, target: Path, kind: int) -> str:
    """Start a run, send it the signal once its journal holds a chunk, and return what it said."""
    root = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        batch(source, target), env={**os.environ, "PYTHONPATH": root}, stderr=subprocess.PIPE, text=True
    )
    journal, deadline = journal_path(target), time.monotonic() + 120
    while not (journal.is_file() and journal.read_bytes().count(b"\n") >= 2):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(kind)
    said = process.communicate()[1]
    assert process.returncode in (-kind, 128 + kind)
    return said


@pytest.mark.slow
@pytest.mark.usefixtures("matcher")
def test_a_run_killed_half_way_goes_on_and_ends_with_the_same_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target, whole = table(tmp_path / "ein.jsonl", 600), tmp_path / "aus.csv", tmp_path / "ganz.csv"
    killed_after_a_chunk(source, target, signal.SIGKILL)
    assert not target.exists() and list(tmp_path.glob(".aus.isek-*"))
    assert main(batch(source, target, "--resume")[3:]) == 0
    said = capsys.readouterr().err
    assert "Es geht beim Zwischenstand weiter: " in said and " von 600 Zeilen liegen schon vor" in said
    assert main(batch(source, whole)[3:]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([target.name, "ein.jsonl", whole.name])
    assert target.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("matcher")
def test_an_ended_run_says_how_it_goes_on_and_a_changed_input_does_not_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = table(tmp_path / "ein.jsonl", 600), tmp_path / "aus.csv"
    said = killed_after_a_chunk(source, target, signal.SIGTERM)
    assert "von 600 Zeilen; mit --resume geht es dort weiter." in said and "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aus.csv.zwischenstand", "ein.jsonl"]
    kept = journal_path(target).read_bytes()
    table(source, 599)
    assert main(batch(source, target, "--resume", "--top", "3")[3:]) == 2
    assert "gehört zu einem anderen Lauf (verschieden: Eingabe, Optionen)" in capsys.readouterr().err
    assert journal_path(target).read_bytes() == kept and not target.exists()
    table(source, 3)
    assert main(batch(source, target)[3:]) == 0
    assert "eines früheren Laufs wurde ersetzt" in capsys.readouterr().err
    assert not journal_path(target).exists() and len(target.read_text("utf-8-sig").splitlines()) == 4


@pytest.mark.usefixtures("matcher")
def test_resume_without_a_journal_begins_and_a_faulty_call_leaves_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = table(tmp_path / "ein.jsonl", 2), tmp_path / "aus.csv"
    assert main(batch(source, target, "--area", "99")[3:]) == 2
    assert main(batch(source, tmp_path / "weg" / "aus.csv")[3:]) == 2
    assert "Den Ordner" in capsys.readouterr().err and list(tmp_path.iterdir()) == [source]
    assert main(batch(source, target, "--resume")[3:]) == 0
    assert "keinen Zwischenstand zu dieser Ausgabe" in capsys.readouterr().err


def test_answers_come_back_as_they_were(tmp_path: Path, matcher: Matcher) -> None:
    lone = "Radweg \ud800 am Kanal\n\nIBAN: DE12 3456 7890 1234 5678 90"
    given = [Answer(matcher.match(text, identity="1")) for text in (*TEXTS, lone)] + [
        Answer(None, "Der Text ist leer.")
    ]
    with Journal(tmp_path / "a", JOB, False) as journal:
        journal.append(given[:2])
        journal.append(given[2:])
        assert list(journal.answers()) == given
    with Journal(tmp_path / "a", JOB, True) as journal:
        assert (journal.done, list(journal.answers())) == (6, given)


def test_an_unfinished_or_damaged_line_is_cut_off_and_what_stands_before_it_stays(tmp_path: Path) -> None:
    path, one, two = tmp_path / "a", [Answer(None, "eins")], [Answer(None, "zwei")] * 2
    with Journal(path, JOB, False) as journal:
        journal.append(one)
        first = path.read_bytes()
        journal.append(two)
    whole = path.read_bytes()
    head = first.index(b"\n") + 1
    for cut in (*range(head, len(whole), 7), len(whole) - 1):
        path.write_bytes(whole[:cut])
        with Journal(path, JOB, True) as journal:
            expected = one if cut >= len(first) else []
            assert list(journal.answers()) == expected
            journal.append(two)
            assert list(journal.answers()) == expected + two
    for place in range(len(first), len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(bytes(damaged))
        with Journal(path, JOB, True) as journal:
            assert list(journal.answers()) == one
    path.write_bytes(whole[: head - 3])
    with Journal(path, JOB, True) as journal:
        assert journal.done == 0
    assert not path.exists()


def test_a_journal_is_for_one_process_and_one_job(tmp_path: Path) -> None:
    with Journal(tmp_path / "aus.csv.zwischenstand", JOB, False) as journal:
        journal.append([Answer(None, "x")])
        with pytest.raises(UserError, match=r"An «aus\.csv» arbeitet schon ein anderer Lauf"):
            Journal(tmp_path / "aus.csv.zwischenstand", JOB, True)
    with pytest.raises(UserError, match=r"verschieden: Sprachmodell\)"):
        Journal(tmp_path / "aus.csv.zwischenstand", {**JOB, "Sprachmodell": "c"}, True)
    with Journal(tmp_path / "aus.csv.zwischenstand", JOB, True) as journal:
        assert journal.done == 1


@pytest.mark.skipif(os.name == "nt", reason="there files have no such mode")
def test_a_journal_is_for_its_owner_alone_and_follows_no_link(tmp_path: Path) -> None:
    with Journal(tmp_path / "a", JOB, False):
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    (tmp_path / "fremd").write_text("bleibt")
    (tmp_path / "b").symlink_to(tmp_path / "fremd")
    with pytest.raises(UserError, match="lässt sich nicht schreiben"):
        Journal(tmp_path / "b", JOB, False)
    assert (tmp_path / "fremd").read_text() == "bleibt"


def test_chunks_are_cut_the_same_way_from_any_of_their_ends_on() -> None:
    projects = [Project(str(n), "x" * ((n * 7919) % 2000)) for n in range(1000)]
    whole = [len(chunk) for chunk in _chunks(projects, 0)]
    assert sum(whole) == 1000 and len(whole) > 8 and max(whole) < 256
    for passed in range(len(whole)):
        assert [len(chunk) for chunk in _chunks(projects, sum(whole[:passed]))] == whole[passed:]
    assert [len(chunk) for chunk in _chunks([Project("", "")] * 600, 0)] == [256, 256, 88]
    assert [len(chunk) for chunk in _chunks([Project("", "x" * 200_000)] * 2, 0)] == [1, 1]


def test_sweeping_deletes_what_killed_writers_of_the_same_file_left(tmp_path: Path) -> None:
    for name in (".aus.isek-12345678.csv", ".aus.isek-12345678.xlsx", ".aus-neu.csv"):
        (tmp_path / name).write_text("x")
    with TableWriter(tmp_path / "aus.csv", ["a"]) as writer:
        writer.sweep()
        writer.commit()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".aus-neu.csv", ".aus.isek-12345678.xlsx", "aus.csv"]


def test_alone_in_a_batch_and_after_a_restart_a_text_ranks_the_same(tmp_path: Path, matcher: Matcher) -> None:
    texts = [f"{TEXTS[n % 4]} für {n % 17} Vereine im Stadtteil {n % 5}" for n in range(300)]
    projects = [Project(str(n), text) for n, text in enumerate(texts)]
    with Journal(tmp_path / "a", JOB, False) as journal:
        together = list(match_projects(matcher, projects, (), 21, 1000, journal))
    with Journal(tmp_path / "a", JOB, True) as journal:
        assert list(match_projects(matcher, projects, (), 21, 1000, journal)) == together
    for row in together[::7]:
        alone = matcher.match(row.project.text, top=21, identity=row.project.id)
        assert row.match is not None
        assert [hit.id for hit in row.match.goals] == [hit.id for hit in alone.goals]
        assert [hit.id for hit in row.match.citywide] == [hit.id for hit in alone.citywide]
        assert [hit.confidence for hit in row.match.goals] == pytest.approx(
            [h.confidence for h in alone.goals], abs=1e-5
        )
        assert (row.match.no_goal, row.match.area.id) == (alone.no_goal, alone.area.id)
