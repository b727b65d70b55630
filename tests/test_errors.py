"""Errors are named by kind, with the entry that misled; goals without support are seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.evaluation_files import write_errors
from app.evaluation_text import entries_table
from data.catalogue import Catalogue
from data.tables import read_projects
from eval.errors import (
    AREA_GOAL_SUGGESTED,
    CALLED_GOALLESS,
    NOT_CALLED_GOALLESS,
    OTHER_AREA,
    OTHER_GOAL,
    confusions,
    entries,
    error_kinds,
    goal_support,
    wrong_cases,
)
from eval.evaluation import Evaluation, Run
from eval.run import Record
from tests.test_evaluation import case, record


def with_evidence(made: Record, goal: str, text: str, matched: str) -> Record:
    for hit in made.answer["goals"]:
        if hit["id"] == goal:
            hit["evidence"] = [{"start": 0, "end": len(text), "text": text, "matched": matched}]
    return made


def wrong() -> Record:
    made = record(case("1", "Radweg vor der Schule", "rad"), ["schule", "rad"], [0.7, 0.4])
    return with_evidence(with_evidence(made, "schule", "Schule", "Schulhof"), "rad", "Radweg", "Neuer Radweg")


def test_an_error_has_a_kind_and_a_right_answer_has_none() -> None:
    assert error_kinds(wrong()) == (OTHER_GOAL, OTHER_AREA)
    assert error_kinds(record(case("2", "a", "rad"), ["rad", "schule"])) == ()
    assert error_kinds(record(case("3", "a", "rad"), ["rad"], no_goal=True)) == (CALLED_GOALLESS,)
    assert error_kinds(record(case("4", "a", style="none"), ["rad"])) == (NOT_CALLED_GOALLESS,)
    assert error_kinds(record(case("5", "a", citywide=("S",)), ["rad"], [0.9])) == (AREA_GOAL_SUGGESTED,)
    assert error_kinds(record(case("6", "a", citywide=("S",)), ["rad"], [0.1])) == ()


def test_a_goal_that_is_also_right_is_no_error() -> None:
    answered = record(case("1", "a", "rad", secondary=("schule",)), ["schule", "rad"])
    assert OTHER_GOAL not in error_kinds(answered)


def test_the_wrong_case_names_the_entry_that_misled_and_the_one_that_was_missed() -> None:
    found = wrong_cases([wrong()])[0]
    assert (found.misled.text, found.misled.entry) == ("Schule", "Schulhof")
    assert (found.missed.text, found.missed.entry) == ("Radweg", "Neuer Radweg")


def test_confused_pairs_come_with_their_cases() -> None:
    again = record(case("2", "b", "rad"), ["schule", "rad"])
    other = record(case("3", "c", "schule"), ["rad"])
    assert [(pair.right, pair.named, pair.cases) for pair in confusions([wrong(), other, again])] == [
        ("rad", "schule", ("1", "2")),
        ("schule", "rad", ("3",)),
    ]


def test_an_entry_counts_its_hits_and_errors() -> None:
    right = with_evidence(record(case("2", "b", "schule"), ["schule"]), "schule", "Schulhof", "Schulhof")
    unsaid = with_evidence(record(case("3", "c", style="none"), ["schule"], no_goal=True), "schule", "Hof", "Schulhof")
    found = entries([wrong(), right, unsaid])
    assert [(entry.goal, entry.text, entry.hits, entry.errors) for entry in found] == [("schule", "Schulhof", 1, 1)]
    assert "1       1  schule  Schulhof  [1, 2]" in entries_table([wrong(), right])


def test_support_is_counted_for_every_goal(small: Catalogue) -> None:
    citywide: list[dict[str, Any]] = [{"id": "S", "suggested": True, "confidence": 0.5, "evidence": []}]
    records = [wrong(), record(case("2", "b", citywide=("S",)), ["rad"], citywide=citywide)]
    assert [(s.goal, s.primary, s.right, s.found, s.named_wrongly) for s in goal_support(records, small)] == [
        ("S", 0, 1, 1, 0),
        ("rad", 1, 1, 1, 1),
        ("schule", 0, 0, 0, 1),
    ]


def test_the_wrong_cases_can_be_opened_as_a_table(small: Catalogue, tmp_path: Path) -> None:
    records = [wrong(), record(case("2", "a", "rad"), ["rad", "schule"])]
    evaluation = Evaluation("klein.jsonl", "dev", Run("x", small, "fake", 0, records, {}))
    for suffix in (".csv", ".xlsx", ".jsonl"):
        path = tmp_path / f"fehler{suffix}"
        assert write_errors(evaluation, path) == 1
        row = read_projects(path).projects[0].row
        assert (row["id"], row["text"], row["richtig"]) == ("1", "Radweg vor der Schule", "rad")
        assert (row["genannt"], row["irrefuehrender_eintrag"]) == ("schule", "Schulhof")
        assert str(row["rang_des_richtigen"]) in ("2", "2.0")
