"""The text for the council paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from decision_samples import NOON, decision, draft

from app.application_form import reference_of, title_of
from app.decision_export import COLUMNS, decision_row, write_decisions
from app.decisions.records import ACCEPTED, ADDED, Decision, GoalVerdict
from app.german_time import moment_text
from app.paper_text import paper_text
from data.catalogue import Catalogue


def at_home(small: Catalogue, given: Decision) -> Decision:
    """The decision as one made on the small catalogue."""
    return replace(given, draft=replace(given.draft, catalogue_fingerprint=small.digest))


def test_the_paper_says_what_was_decided_on_what_grounds_by_whom_and_when(small: Catalogue) -> None:
    assert paper_text(at_home(small, decision()), small).splitlines() == [
        "Zuordnung zu den Zielen: Ziele von Kleinstadt",
        "",
        "Projekt: Radweg am Wald",
        "Aktenzeichen: 66.1-7",
        "Fachdienst: Tiefbau",
        "Produktbereich: umwelt Umwelt und Verkehr",
        "",
        "Ziele der Produktbereiche",
        "- rad Radverkehr ausbauen (Status nicht angegeben)",
        "  Beleg: „Radweg“",
        "  Grund: liegt am Schulweg",
        "",
        "Von der Software vorgeschlagen, nicht übernommen",
        "- S Stadt für alle sein",
        "",
        "Begründung",
        "Lücke im Netz",
        "",
        f"Entschieden von Kim Beispiel am {moment_text(NOON)} (Projekt Nr. 7, Fassung 1).",
        f"Grundlage: Zielkatalog kleinstadt@1 (Prüfsumme {small.digest[:12]}), Sprachmodell modell (Prüfsumme mmmmmmmmmmmm). "
        "Die Software hat vorgeschlagen; entschieden haben Menschen.",
    ]


def test_the_status_of_the_wording_stands_beside_the_goal(neumuenster: Catalogue) -> None:
    goals = (
        GoalVerdict("PB5.4", "Radverkehr und ÖPNV stärken", 5, ACCEPTED, 1, 0.9),
        GoalVerdict("PB3.5", "Ganztag", 3, ADDED),
    )
    lines = paper_text(decision(goals=goals), neumuenster).splitlines()
    assert "- PB5.4 Radverkehr und ÖPNV stärken (Hauptziel, Wortlaut beschlossen 2020)" in lines
    assert "- PB3.5 Ganztag (Wortlaut Vorschlag 2022, von Hand ergänzt)" in lines


def test_another_catalogue_is_said_to_be_one(small: Catalogue) -> None:
    assert "entschieden wurde auf einem anderen Stand" in paper_text(decision(), small)
    assert "anderen Stand" not in paper_text(at_home(small, decision()), small)


def test_no_goal_and_withdrawn_are_said_plainly(small: Catalogue) -> None:
    text = paper_text(replace(decision(goals=(), no_goal=True), withdrawn=True), small)
    assert "Ergebnis: Kein Ziel passt." in text and "Diese Entscheidung ist zurückgenommen." in text


def test_a_decision_without_its_texts_still_has_a_paper(small: Catalogue) -> None:
    text = paper_text(replace(decision(title="", text="", reference="", reason=""), texts_deleted_at=NOON), small)
    assert "Projekt: Nr. 7 (persönliche Texte gelöscht)" in text and "- rad Radverkehr ausbauen" in text


def test_title_and_reference_are_taken_from_the_form_fields_of_a_text() -> None:
    form = "Antragsteller: Verein\nProjekttitel:  Neue   Lehrküche \nAz.: 40-12/3\nKosten: 1"
    assert (title_of(form), reference_of(form)) == ("Neue Lehrküche", "40-12/3")
    assert (title_of("\n  Ein Radweg.\nMehr"), reference_of("Ein Radweg")) == ("Ein Radweg.", "")
    assert title_of("Projekt: Erster Satz. " + "lang " * 40) == "Erster Satz."
    assert title_of("wort " * 40).endswith(" …") and len(title_of("wort " * 40)) <= 90
    assert title_of("") == ""


def test_the_export_holds_a_row_for_each_decision_and_no_live_formula(small: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    assert (
        write_decisions([at_home(small, decision()), decision(project=8, title="=1+1", reason="@x")], path, small) == 2
    )
    lines = path.read_text("utf-8-sig").splitlines()
    assert lines[0] == ";".join(COLUMNS)
    assert lines[1].startswith(
        "7;1;in Kraft;Radweg am Wald;66.1-7;Tiefbau;umwelt Umwelt und Verkehr;rad;;;;S;nein;Lücke im Netz;Kim"
    )
    assert ";'=1+1;" in lines[2] and ";'@x;" in lines[2]
    assert "Radweg am Wald\nAktenzeichen" not in path.read_text("utf-8-sig")


def test_every_column_of_the_export_is_filled(small: Catalogue) -> None:
    assert tuple(decision_row(decision(), small)) == COLUMNS
    assert decision_row(decision(goals=draft().goals, no_goal=True), small)["kein_ziel"] == "ja"
