"""Every changed assignment is listed, whatever is right; goals that only one catalogue has count in no figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from app.evaluation import Task, run_evaluation
from app.settings import Settings
from data.errors import UserError
from eval.answer_changes import Assignment, answer_changes, assignment, goal_changes
from eval.evaluation import Evaluation
from eval.report_sections import comparisons_section
from eval.run import Record
from tests.conftest import SMALL
from tests.fakes import WordEncoder
from tests.test_eval_command import town
from tests.test_evaluation import case, encoder, labelled_file, record, settings

__all__ = ["encoder", "labelled_file", "settings", "town"]  # fixtures

WITHOUT_SCHOOLS = SMALL[: SMALL.index("    borders:")].replace('version: "1"', 'version: "0"')


def suggested(identity: str, goals: list[str], citywide: list[str] | None = None, **answer: Any) -> Record:
    hits = [{"id": goal, "confidence": 0.5, "suggested": True, "evidence": []} for goal in citywide or []]
    return record(case(identity, f"Text {identity}", "rad"), goals, citywide=hits, **answer)


def test_an_answer_recommends_its_suggested_goals_and_none_where_it_says_that_none_fits() -> None:
    made = record(case("1", "a", "rad"), ["rad", "schule"], [0.9, 0.2])
    assert assignment(made.answer) == Assignment(("rad",), ())
    assert assignment(suggested("1", ["rad"], no_goal=True).answer) == Assignment((), ())
    assert Assignment((), ("S",)).first == "S"
    assert (Assignment((), ()).first, str(Assignment((), ()))) == ("kein Ziel", "kein Ziel")


def test_changes_are_found_in_goals_order_and_refusal_and_nothing_else() -> None:
    before = [
        suggested("gleich", ["rad"], ["S"]),
        suggested("getauscht", ["rad", "schule"]),
        suggested("dazu", ["rad"]),
        suggested("weg", ["rad"], ["S"]),
        suggested("nur vorher", ["rad"]),
    ]
    after = [
        suggested("gleich", ["rad"], ["S"]),
        suggested("getauscht", ["schule", "rad"]),
        suggested("dazu", ["rad", "schule"], ["S"]),
        suggested("weg", ["rad"], ["S"], no_goal=True),
    ]
    found = answer_changes(before, after, ["getauscht", "dazu"])
    assert [(c.case, c.added, c.dropped, c.first_differs, c.judged) for c in found] == [
        ("getauscht", (), (), True, True),
        ("dazu", ("schule", "S"), (), False, True),
        ("weg", (), ("rad", "S"), True, False),
    ]
    assert goal_changes(found) == [("S", 1, 1), ("rad", 0, 1), ("schule", 1, 0)]


@pytest.fixture
def earlier(tmp_path: Path) -> str:
    """A version of the small catalogue that does not know the goal about schools."""
    path = tmp_path / "frueher.yaml"
    path.write_text(WITHOUT_SCHOOLS, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_goal_of_one_catalogue_alone_is_answered_but_not_counted(
    settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder, earlier: str, backwards: bool
) -> None:
    old, new = (settings.catalogue, earlier) if backwards else (earlier, settings.catalogue)
    made = run_evaluation(
        Settings(catalogue=old),
        Task(labelled_file, "all", [f"catalogue={new}"]),
        lambda _: None,
        encoder=encoder,
        home=tmp_path / "home",
    )
    (comparison,) = made.comparisons
    without = comparison.run if backwards else made.run
    assert sorted(record.case.id for record in without.unjudged) == ["s0", "s1", "s2", "s3", "s4"]
    assert comparison.answered == 15
    assert comparison.differences["hit@1"].n == 5  # the five texts about cycling
    schools = {change.case: change for change in comparison.changes if change.case.startswith("s")}
    assert not any(change.judged for change in schools.values())
    added = {goal for change in schools.values() for goal in (change.dropped if backwards else change.added)}
    assert "schule" in added
    stored = json.loads(json.dumps(made.to_json()))["comparisons"][0]
    assert {change["id"] for change in stored["changes"]} >= set(schools)
    assert "Alle geänderten Zuordnungen zeigen" in comparisons_section(made)


def test_a_label_that_neither_catalogue_knows_is_refused(
    settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder, earlier: str
) -> None:
    labelled_file.write_text(labelled_file.read_text("utf-8").replace('"rad"', '"rat"', 1), encoding="utf-8")
    task = Task(labelled_file, "all", [f"catalogue={earlier}"])
    with pytest.raises(UserError, match="'rat' gibt es"):
        run_evaluation(settings, task, lambda _: None, encoder=encoder, home=tmp_path / "home")


def test_a_run_that_changes_nothing_says_so(
    settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    task = Task(labelled_file, "all", ["faiss_factory=Flat"])
    made: Evaluation = run_evaluation(settings, task, lambda _: None, encoder=encoder, home=tmp_path / "home")
    assert made.comparisons[0].changes == []
    assert "Keiner der 15 Texte würde anders zugeordnet." in comparisons_section(made)


def test_the_catalogue_comparison_lists_every_changed_assignment(
    town: str, earlier: str, labelled_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["eval", "catalogues", earlier, town, "--answers", "--set", str(labelled_file)]
    assert main(call) == 0
    out = capsys.readouterr().out
    assert "Neu: 1" in out and "schule: " in out
    assert "s0: " in out and "(ohne Urteil)" in out
    assert main([*call, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["added"] == [{"id": "schule", "title": "Schulen modernisieren"}]
    assert [change["id"] for change in found["answers"]["comparisons"][0]["changes"]] != []
    assert main(["eval", "catalogues", earlier, town]) == 0
    assert "zeigt --answers" in capsys.readouterr().out
