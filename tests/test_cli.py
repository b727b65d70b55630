"""The command line as a user calls it, on the bundled model."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SMALL

from app.__main__ import main
from index.matcher import Matcher

CYCLING = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"


@pytest.fixture(autouse=True)
def ready(matcher: Matcher) -> None:
    """The index of the shipped default is built once for the session."""


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    output = capsys.readouterr()
    return status, output.out, output.err


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a faulty call: status 2, nothing on standard output, one line on standard error."""
    status, out, err = called(capsys, *arguments)
    lines = [line for line in err.splitlines() if line.startswith("isek: ")]
    assert (status, out, len(lines)) == (2, "", 1)
    assert "Traceback" not in err
    return lines[0]


def test_goals_lists_31_goals_of_which_10_are_city_wide(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = called(capsys, "goals", "--json")
    goals = json.loads(out)
    assert (status, len(goals)) == (0, 31)
    assert [goal["id"] for goal in goals if goal["level"] == "citywide"] == [f"G.{n}" for n in range(1, 11)]
    assert {"id", "title", "level", "area", "status"} <= set(goals[0])
    assert "PB5.4" in called(capsys, "goals", "--area", "5")[1]
    assert "PB4.1" not in called(capsys, "goals", "--area", "5")[1]


def test_match_finds_the_cycling_goal(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = called(capsys, "match", CYCLING)
    assert status == 0
    assert out.splitlines()[0].startswith("Produktbereich 5: Gestaltung der Umwelt")
    first = next(line for line in out.splitlines() if line.startswith("*"))
    assert "PB5.4" in first and "%" in first


def test_match_json_keeps_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = called(capsys, "match", CYCLING, "--json", "--top", "3", "--area", "5", "--area", "4")
    record = json.loads(out)
    assert status == 0 and out.count("\n") == 1
    assert record["goals"][0]["id"] == "PB5.4" and record["goals"][0]["area"] == 5
    assert len(record["goals"]) == 3 and {goal["area"] for goal in record["goals"]} <= {4, 5}
    assert len(record["citywide"]) == 10
    assert record["area"]["id"] == 5 and record["catalogue"] == "neumuenster@2022"
    for item in record["goals"][0]["evidence"]:
        assert CYCLING[item["start"] : item["end"]] == item["text"]


def test_match_reads_standard_input_from_any_folder(tmp_path: Path) -> None:
    environment = {**os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "app", "match", "-", "--json"],
        input=CYCLING.encode("cp1252"),
        capture_output=True,
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
        cwd=tmp_path,
        check=True,
    )
    assert json.loads(done.stdout)["goals"][0]["id"] == "PB5.4"


def test_match_reads_a_file_and_joins_words_whose_quotation_marks_were_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "antrag.txt"
    path.write_text(CYCLING, "utf-8")
    quoted = called(capsys, "match", CYCLING, "--json")[1]
    assert called(capsys, "match", "--file", str(path), "--json")[1] == quoted
    assert called(capsys, "match", *CYCLING.split(), "--json")[1] == quoted


def test_a_match_leaves_torch_alone(tmp_path: Path) -> None:
    code = (
        "import sys; from app.__main__ import main; main(['match', 'Radweg', '--json']);"
        "print([name for name in ('torch', 'sentence_transformers', 'transformers', 'sklearn', 'scipy', 'gradio', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl"])
def test_batch_keeps_order_and_ids_and_goes_on_after_a_faulty_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    source, target = tmp_path / "ein.csv", tmp_path / f"aus{suffix}"
    source.write_text("id;Name;text\nb;x;Radweg am Kanal\na;y;\nb;z;Neue Drehleiter für die Feuerwehr\n", "utf-8")
    status, out, err = called(capsys, "batch", str(source), "--output", str(target))
    assert (status, out) == (0, "")
    assert "3 Zeilen bearbeitet, 1 davon fehlerhaft" in err and "mehrfach" in err
    rows = rows_of(target)
    assert [row["id"] for row in rows] == ["b", "a", "b"]
    assert "leer" in rows[1]["error"]
    if suffix == ".jsonl":
        assert [row["goals"][0]["id"] for row in (rows[0], rows[2])] == ["PB5.4", "PB1.4"]
    else:
        assert [row["goal_1"] for row in rows] == ["PB5.4", "", "PB1.4"]
        assert list(rows[0])[:7] == ["id", "Name", "text", "no_goal", "area", "area_title", "area_confidence"]
        assert list(rows[0])[7:11] == ["goal_1", "goal_1_title", "goal_1_confidence", "goal_1_evidence"]
        assert list(rows[0])[-1] == "error"


def rows_of(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream, delimiter=";"))
    from python_calamine import CalamineWorkbook

    header, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_batch_says_the_same_as_match(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["Radweg", "Neue Drehleiter", "Personalausweis verlängern", CYCLING]
    source, target = tmp_path / "ein.jsonl", tmp_path / "aus.jsonl"
    source.write_text("\n".join(json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts)), "utf-8")
    called(capsys, "batch", str(source), "--output", str(target))
    single = [json.loads(called(capsys, "match", text, "--json")[1]) for text in texts]
    assert [{**row, "id": None} for row in rows_of(target)] == single


def test_another_catalogue_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "klein.yaml"
    path.write_text(SMALL, "utf-8")
    record = json.loads(called(capsys, "match", "Neuer Radweg", "--catalogue", str(path), "--json")[1])
    assert record["goals"][0]["id"] == "rad" and record["area"]["id"] == "umwelt"
    assert record["catalogue"] == "kleinstadt@1"


def test_faulty_calls_get_one_german_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    no_text = tmp_path / "ohne.csv"
    no_text.write_text("id;Inhalt\n1;x\n")
    scan = tmp_path / "leer.txt"
    scan.write_text(" ")
    target = str(tmp_path / "aus.csv")
    assert "leer" in fails(capsys, "match", "  ")
    assert "'9' gibt es" in fails(capsys, "match", "Radweg", "--area", "9")
    assert "weg.pdf" in fails(capsys, "match", "--file", str(tmp_path / "weg.pdf"))
    assert "keinen lesbaren Text" in fails(capsys, "match", "--file", str(scan))
    assert "entweder einen TEXT oder eine Datei" in fails(capsys, "match")
    assert "atlantis" in fails(capsys, "match", "Radweg", "--catalogue", "atlantis")
    assert "keine Textspalte" in fails(capsys, "batch", str(no_text), "--output", target)
    assert "gibt es nicht" in fails(capsys, "batch", str(tmp_path / "weg.csv"), "--output", target)
    assert "dieselbe Datei" in fails(capsys, "batch", str(no_text), "--output", str(no_text))
    assert "Unbekannte Angaben: --quatsch" in fails(capsys, "goals", "--quatsch")
    assert "passt nicht" in fails(capsys, "match", "x", "--top", "viele")
    assert "Modell 'gibt/es-nicht'" in fails(capsys, "match", "Radweg", "--model", "gibt/es-nicht")
    assert not Path(target).exists()


def test_faulty_settings_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.yaml"
    monkeypatch.setenv("ISEK_SETTINGS", str(path))
    assert "gibt es nicht" in fails(capsys, "goals")
    path.write_text("modell: x\n")
    assert "Zeile 1: die Einstellung 'modell' gibt es nicht" in fails(capsys, "goals")
    path.write_text("suggest_from: 2\n")
    assert "Zahl zwischen 0 und 1" in fails(capsys, "goals")
    path.write_text("labels: off\ncatalogue: neumuenster\n")
    assert called(capsys, "goals")[0] == 0


def test_help_is_german(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["match", "--help"])
    text = capsys.readouterr().out
    assert stop.value.code == 0
    assert text.startswith("Aufruf: ") and "Optionen:" in text
    assert not {"usage", "options", "positional", "show this help"} & set(text.lower().replace(":", "").split())


def test_an_own_fault_is_status_1_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ISEK_DEBUG", raising=False)
    monkeypatch.setattr("app.service.load_catalogue", lambda *_: 1 / 0)
    status, out, err = called(capsys, "goals")
    assert (status, out) == (1, "") and "ZeroDivisionError" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("nirgends/aus.csv", "Den Ordner «nirgends» gibt es nicht"),
        ("aus.pdf", "geschrieben wird .csv, .xlsx, .jsonl"),
        ("x" * 300 + ".csv", "der Name ist zu lang"),
        ("rohr.csv", "ist keine Datei"),
    ],
)
def test_a_table_that_cannot_be_written_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], output: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("rohr.csv")
    assert sentence in fails(capsys, "batch", "gibt-es-nicht.csv", "--output", output)


@pytest.mark.parametrize("option", ["--file", "--model", "--catalogue"])
def test_a_name_that_is_too_long_is_no_fault_of_the_output(capsys: pytest.CaptureFixture[str], option: str) -> None:
    text = [] if option == "--file" else ["Radweg"]
    assert "Ausgabe" not in fails(capsys, "match", *text, option, "x" * 5_000 + ".txt")


def test_an_index_that_cannot_be_kept_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "klein.yaml").write_text(SMALL, "utf-8")
    (tmp_path / "settings.yaml").write_text("catalogue: klein.yaml\n", "utf-8")
    (tmp_path / "index").write_bytes(b"")  # no folder can be made here
    monkeypatch.setenv("ISEK_HOME", str(tmp_path))
    assert "Der Suchindex ließ sich nicht ablegen; bitte die Rechte an" in fails(capsys, "index", "build")
