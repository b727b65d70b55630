"""What differs between two revisions."""

from __future__ import annotations

from dataclasses import replace

from decision_samples import decision, draft

from app.decisions.records import ACCEPTED, ADDED, REJECTED, GoalVerdict
from app.decisions.revision_changes import Change, revision_changes


def test_nothing_differs_between_equal_revisions() -> None:
    assert revision_changes(decision(1), decision(2)) == ()


def test_changed_fields_are_told_with_before_and_after() -> None:
    after = decision(2, by="Uli Muster", title="Radweg", department="", text="kurz")
    assert revision_changes(decision(1), after) == (
        Change("Titel", "Radweg am Wald", "Radweg"),
        Change("Fachdienst", "Tiefbau", ""),
        Change("Text", "56 Zeichen", "4 Zeichen, geändert"),
        Change("Entschieden von", "Kim Beispiel", "Uli Muster"),
    )


def test_a_text_of_the_same_length_is_a_change_too() -> None:
    assert revision_changes(decision(1, text="ab"), decision(2, text="cd")) == (
        Change("Text", "2 Zeichen", "2 Zeichen, geändert"),
    )


def test_verdicts_reasons_and_the_primary_goal_are_compared() -> None:
    rad, city = draft().goals
    new = (GoalVerdict("schule", "Schulen", "jugend", ADDED), replace(rad, reason=""), replace(city, verdict=ACCEPTED))
    assert revision_changes(decision(1), decision(2, goals=new)) == (
        Change("Ziel rad", "angenommen: liegt am Schulweg", "angenommen"),
        Change("Ziel S", "abgelehnt", "angenommen"),
        Change("Ziel schule", "", "ergänzt"),
        Change("Hauptziel", "rad", "schule"),
    )


def test_withdrawal_no_goal_catalogue_and_model_are_compared() -> None:
    rejected = tuple(replace(goal, verdict=REJECTED) for goal in draft().goals)
    after = decision(2, no_goal=True, goals=rejected, catalogue_fingerprint="d" * 64, model="neu")
    assert revision_changes(decision(1), replace(after, withdrawn=True)) == (
        Change("Ziel rad", "angenommen: liegt am Schulweg", "abgelehnt: liegt am Schulweg"),
        Change("Hauptziel", "rad", ""),
        Change("Kein Ziel passt", "", "ja"),
        Change("Zielkatalog", "kleinstadt@1 (cccccccccccc)", "kleinstadt@1 (dddddddddddd)"),
        Change("Sprachmodell", "modell (mmmmmmmmmmmm)", "neu (mmmmmmmmmmmm)"),
        Change("Stand", "in Kraft", "zurückgenommen"),
    )
