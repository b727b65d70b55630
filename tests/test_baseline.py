"""A stored run is compared case by case; the build fails when the test split falls significantly below it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest import approx

from app.evaluation import Task, run_evaluation
from app.evaluation_text import evaluation_table
from app.settings import Settings
from data.errors import UserError
from eval.baseline import against_baseline, fallen, load_baseline, outcomes
from eval.run import Record
from tests.fakes import WordEncoder
from tests.test_evaluation import encoder, labelled_file, runs, settings

__all__ = ["encoder", "labelled_file", "settings"]  # fixtures

COMMITTED = Path(__file__).parents[1] / "eval" / "baselines" / "neumuenster-test.json"


def test_a_clear_fall_is_seen_and_a_small_one_is_no_alarm() -> None:
    before, after = runs(0, 20, 30)
    differences = against_baseline(outcomes(before), after)
    assert differences["hit@1"].value == approx(-0.4)
    assert "hit@1" in fallen(differences)
    before, after = runs(1, 4, 45)
    assert fallen(against_baseline(outcomes(before), after)) == []


def test_a_rise_is_no_fall() -> None:
    before, after = runs(20, 0, 30)
    assert fallen(against_baseline(outcomes(before), after)) == []


def test_only_cases_of_both_runs_are_compared() -> None:
    before, after = runs(3, 2, 10)
    assert against_baseline(outcomes(before[:-4]), after)["hit@1"].n == 11


def test_an_evaluation_can_be_stored_and_compared_with(
    settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    stored = tmp_path / "damals.json"

    def made(task: Task) -> str:
        evaluation = run_evaluation(settings, task, lambda _: None, encoder=encoder, home=tmp_path / "home")
        stored.write_text(json.dumps(evaluation.to_json()), encoding="utf-8")
        return evaluation_table(evaluation)

    made(Task(labelled_file))
    assert "Seit dem gespeicherten Lauf damals.json" in made(Task(labelled_file, stored=stored))
    since = json.loads(stored.read_text("utf-8"))["baseline"]
    assert since["fallen"] == []
    assert since["differences"]["hit@1"]["difference"] == 0.0


@pytest.mark.parametrize("content", ["", "[]", '{"cases": []}', '{"cases": {"a": 1}, "split": "test"}', '{"n": 3}'])
def test_a_file_that_is_no_stored_run_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="kein gespeicherter Lauf"):
        load_baseline(path)


def test_a_missing_stored_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lässt sich nicht lesen"):
        load_baseline(tmp_path / "fehlt.json")


@pytest.fixture(scope="module")
def shipped(home: Path) -> list[Record]:
    """The shipped default on the test split."""
    evaluation = run_evaluation(Settings(), Task(split="test"), lambda _: None, home=home)
    return list(evaluation.run.records)


def test_the_test_split_has_not_fallen_below_the_committed_run(shipped: list[Record]) -> None:
    stored = load_baseline(COMMITTED)
    assert stored["split"] == "test"
    differences = against_baseline(stored["cases"], shipped)
    assert {name: differences[name].value for name in fallen(differences)} == {}
