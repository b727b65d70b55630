"""The labelled set: twins are found, new cases are spread, old ones stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from app.evaluation_files import write_cases
from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import load_labelled
from data.tables import read_projects
from eval.growth import cases_of, grown
from eval.leakage import across_splits, in_profiles
from tests.test_evaluation import case


def test_a_text_that_stands_in_both_splits_is_found_even_if_reworded_a_little() -> None:
    cases = [
        case("d", "Neubau eines Radwegs an der Hauptstraße mit Beleuchtung", "rad"),
        case("t", "Neubau eines Radweges an der Hauptstraße mit Beleuchtung!", "rad", split="test"),
        case("x", "Sanierung der Turnhalle", "schule", split="test"),
    ]
    (twin,) = across_splits(cases)
    assert (twin.case, twin.second) == ("t", "d")
    assert 0.7 < twin.likeness < 1.0


def test_a_profile_entry_that_repeats_a_labelled_text_is_found(small: Catalogue) -> None:
    cases = [case("1", "Neuer Radweg an der Hauptstrasse", "rad"), case("2", "Mensa bauen", "schule")]
    assert [(twin.case, twin.second) for twin in in_profiles(cases, small)] == [
        ("1", "rad: Neuer Radweg an der Hauptstraße")
    ]


def test_new_cases_are_spread_by_goal_and_old_ones_never_move() -> None:
    words = [
        "Ampel",
        "Brücke",
        "Carport",
        "Damm",
        "Esche",
        "Furt",
        "Gasse",
        "Hafen",
        "Insel",
        "Jolle",
        "Kanal",
        "Lampe",
        "Mole",
        "Nadel",
        "Ofen",
    ]
    made = [case(word, f"{word} am {word.lower()[::-1]}", "rad") for word in words]
    old, new = made[:5], made[5:]
    result = grown(old, new)
    assert result[:5] == old
    assert [item.id for item in result[5:]] == [item.id for item in new]
    # 15 of the stratum in all, at most two fifths in test
    assert Counter(item.split for item in result) == {"dev": 9, "test": 6}
    assert grown(old, new) == result


def test_a_near_duplicate_goes_where_its_twin_is() -> None:
    old = [case("o", "Neubau eines Radwegs an der Hauptstraße mit Beleuchtung", "rad", split="test")]
    assert grown(old, [case("n", "Neubau eines Radweges an der Hauptstraße mit Beleuchtung", "rad")])[1].split == "test"


def test_a_text_or_an_id_that_is_there_already_is_refused() -> None:
    old = [case("o", "Neuer Radweg", "rad")]
    with pytest.raises(UserError, match="'o' kommt doppelt vor"):
        grown(old, [case("o", "Etwas anderes", "rad")])
    with pytest.raises(UserError, match=r"'n' .*der Text steht schon im Prüfsatz \(Fall 'o'\)"):
        grown(old, [case("n", "neuer  RADWEG", "rad")])


def test_a_table_becomes_cases_and_a_set_that_can_be_loaded(small: Catalogue, tmp_path: Path) -> None:
    table = tmp_path / "urteile.csv"
    table.write_text(
        "id;text;primary;secondary;citywide\n"
        "a;Radweg bauen;rad;;S\n"
        "b;Das Dach der Schule wird neu gedeckt und gedämmt, dazu kommt ein Radkeller;schule;rad;\n"
        "c;Personalausweis;;;\n"
        "d;Stadtfest;;;S\n",
        encoding="utf-8",
    )
    cases = cases_of(read_projects(table), small, table.name)
    assert [(item.style, item.area) for item in cases] == [
        ("short", "umwelt"),
        ("medium", "jugend"),
        ("none", None),
        ("citywide", None),
    ]
    assert cases[1].secondary == ("rad",)
    path = tmp_path / "neu.jsonl"
    write_cases(grown([], cases), path)
    assert [replace(item, split="dev") for item in load_labelled(path, small)] == cases


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a;Radweg;raad;;", "Zeile 2 .*'raad' gibt es im Zielkatalog"),
        ("a;Radweg;S;;", "Produktbereichsziel erwartet, angegeben war 'S'"),
        ("a;Radweg;;;rad", "gesamtstädtisches Ziel erwartet, angegeben war 'rad'"),
        ("a; ;rad;;", "Zeile 2 .*der Text ist leer"),
    ],
)
def test_a_faulty_row_is_named(small: Catalogue, tmp_path: Path, row: str, message: str) -> None:
    table = tmp_path / "urteile.csv"
    table.write_text(f"id;text;primary;secondary;citywide\n{row}\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        cases_of(read_projects(table), small, table.name)


def test_a_table_without_goals_is_refused(small: Catalogue, tmp_path: Path) -> None:
    table = tmp_path / "urteile.csv"
    table.write_text("id;text\na;Radweg\n", encoding="utf-8")
    with pytest.raises(UserError, match="Spalte «primary»"):
        cases_of(read_projects(table), small, table.name)
