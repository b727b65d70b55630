"""`isek eval` as it is called: the answer on standard output, everything else on standard error, one German sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.__main__ import main
from index.encoder import Encoder
from tests.fakes import WordEncoder
from tests.test_evaluation import encoder, labelled_file, settings

__all__ = ["encoder", "labelled_file", "settings"]  # fixtures

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def town(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: WordEncoder) -> str:
    """A small catalogue in a home of its own, and an encoder that needs no model."""
    assert settings is not None

    def fake(name: str | None = None) -> Encoder:
        assert name
        return encoder

    monkeypatch.setattr("app.evaluation.load_encoder", fake)
    monkeypatch.setenv("ISEK_HOME", str(tmp_path / "home"))
    return str(tmp_path / "klein.yaml")


def test_json_is_one_object_on_standard_output(town: str, labelled_file: Path, capsys: Captured) -> None:
    assert main(["eval", "--catalogue", town, "--set", str(labelled_file), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["n"] == 13
    assert "Suchindex" in err


def test_the_table_the_errors_the_entries_and_the_report_come_from_one_run(
    town: str, labelled_file: Path, tmp_path: Path, capsys: Captured
) -> None:
    files = ["--errors", str(tmp_path / "f.xlsx"), "--report", str(tmp_path / "bericht")]
    call = ["eval", "--catalogue", town, "--set", str(labelled_file), "--split", "all", "--entries", *files]
    assert main([*call, "--compare", "baseline=tfidf-titles", "--second", str(labelled_file)]) == 0
    out, err = capsys.readouterr()
    assert "Kennzahl" in out
    assert "Vergleich «baseline=tfidf-titles»" in out
    assert "Zum Vergleich eine zweite Person" in out
    assert "Einträge der Zielprofile hinter dem ersten Ziel" in out
    assert (tmp_path / "f.xlsx").stat().st_size > 1000
    assert "zweite Person" in (tmp_path / "bericht" / "bericht.html").read_text("utf-8")
    assert "bericht.html" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--split", "tset"], "tset"),
        (["--compare", "farbe=rot"], "'farbe'"),
        (["--compare", "labels"], "SCHLÜSSEL=WERT"),
        (["--errors", "fehler.doc"], "--errors schreibt"),
        (["--set", "fehlt.jsonl"], "fehlt.jsonl"),
        (["--baseline", "fehlt.json"], "fehlt.json"),
        (["agreement", "fehlt.jsonl", "auch.jsonl"], "fehlt.jsonl"),
        (["check", "fehlt.jsonl"], "fehlt.jsonl"),
        (["import", "fehlt.csv", "--output", "x.jsonl"], "fehlt.csv"),
        (["import", "fehlt.csv", "--output", "x.csv"], ".jsonl"),
        (["catalogues", "fehlt", "neumuenster"], "'fehlt'"),
        (["messen"], "messen"),
    ],
)
def test_a_wrong_call_ends_with_status_2_and_one_sentence(
    town: str, capsys: Captured, arguments: list[str], sentence: str
) -> None:
    assert town
    assert main(["eval", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.startswith("isek: ")
    assert len(err.strip().splitlines()) == 1


def test_a_set_is_checked_and_grows_by_a_table(
    town: str, labelled_file: Path, tmp_path: Path, capsys: Captured
) -> None:
    table = tmp_path / "neu.csv"
    table.write_text("id;text;primary\nneu1;Fahrradstraße zum Bahnhof;rad\n", encoding="utf-8")
    before = labelled_file.read_text("utf-8").splitlines()
    assert main(["eval", "import", str(table), "--catalogue", town, "--output", str(labelled_file)]) == 0
    after = labelled_file.read_text("utf-8").splitlines()
    assert [json.loads(line) for line in after[:-1]] == [json.loads(line) for line in before]
    assert json.loads(after[-1])["id"] == "neu1"
    assert main(["eval", "check", str(labelled_file), "--catalogue", town]) == 0
    assert "16 Fälle" in capsys.readouterr().out


def test_two_people_are_compared(town: str, labelled_file: Path, capsys: Captured) -> None:
    call = ["eval", "agreement", str(labelled_file), str(labelled_file), "--catalogue", town]
    assert main([*call, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["levels"]["bestes Ziel"]["kappa"] == 1.0
    assert main(call) == 0
    assert "Verschieden beurteilt: 0 Fälle" in capsys.readouterr().out
