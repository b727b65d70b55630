from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import SMALL

from data.catalogue import Catalogue, find_catalogue, load_catalogue, parse_catalogue
from data.errors import UserError

SOURCE = Path(__file__).parents[1] / "data" / "catalogues" / "neumuenster-quelle.md"
LEAST = "catalogue: {id: a, title: A}\nareas: [{id: 1, title: Eins}]\ngoals: [{id: x, title: X, area: 1}]\n"


def test_the_shipped_catalogue_holds_31_goals_in_the_order_of_the_source(neumuenster: Catalogue) -> None:
    assert [goal.id for goal in neumuenster.citywide_goals] == [f"G.{n}" for n in range(1, 11)]
    counts = {1: 4, 2: 3, 3: 5, 4: 3, 5: 5, 6: 1}
    expected = [f"PB{area}.{n}" for area, count in counts.items() for n in range(1, count + 1)]
    assert [goal.id for goal in neumuenster.area_goals] == expected
    assert neumuenster.name == "neumuenster@2022"


def test_the_wording_of_every_goal_stands_verbatim_in_the_source(neumuenster: Catalogue) -> None:
    source = SOURCE.read_text("utf-8")
    positions = [source.find(goal.source) for goal in neumuenster.goals]
    assert [goal.id for goal, found in zip(neumuenster.goals, positions, strict=True) if found < 0] == []
    assert positions == sorted(positions)


def test_every_goal_says_what_its_status_rests_on(neumuenster: Catalogue) -> None:
    assert {goal.status for goal in neumuenster.goals} == {"beschlossen 2020", "Vorschlag 2022"}
    assert all(goal.status_evidence for goal in neumuenster.goals)
    assert neumuenster.by_id["PB3.5"].status == "Vorschlag 2022"


def test_every_goal_has_a_profile_of_at_least_forty_examples(neumuenster: Catalogue) -> None:
    thin = [goal.id for goal in neumuenster.goals if len(goal.examples) + len(goal.crosscutting) < 40]
    assert thin == []
    assert [goal.id for goal in neumuenster.goals if not (goal.meaning and goal.terms and goal.borders)] == []


def test_the_least_a_catalogue_needs() -> None:
    catalogue = parse_catalogue(LEAST.encode(), "k.yaml")
    assert catalogue.name == "a"
    assert catalogue.goals[0].area == 1 and catalogue.goals[0].level == "area"


def test_area_ids_are_opaque_and_5_and_its_text_are_the_same(neumuenster: Catalogue, small: Catalogue) -> None:
    assert neumuenster.area("5") is neumuenster.area(5)
    assert small.area("jugend").title == "Jugend und Schule"
    with pytest.raises(UserError, match=re.escape("'9'") + ".*1 \\(Zentrale Verwaltung\\)"):
        neumuenster.area("9")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("title: Eins", "titel: Eins"), "unbekannten Schlüssel 'titel'"),
        ((", title: Eins", ""), "Produktbereich '1': die Angabe 'title' fehlt"),
        (("title: X,", ""), "Ziel 'x': die Angabe 'title' fehlt"),
        (("title: X", "title: [X]"), "Ziel 'x': 'title' muss ein Text sein, gefunden wurde eine Liste"),
        (("title: X", "title: no"), "bitte 'no' in Anführungszeichen"),
        (("title: X", "title: '  '"), "Ziel 'x': 'title' ist leer"),
        (("area: 1}", "area: 2}"), "nennt den Produktbereich 2"),
        (("area: 1}", "area: 1, terms: Radweg}"), "'terms' muss eine Liste von Texten sein"),
        (("area: 1}", "area: 1, terms: [12]}"), "bitte '12' in Anführungszeichen"),
        (("area: 1}", "area: 1}, {id: x, title: Y}"), "Ziel 'x' kommt doppelt vor"),
        (("[{id: x, title: X, area: 1}]", "[]"), "enthält kein Ziel"),
        (("catalogue: {id: a, title: A}\n", ""), "die Angabe 'catalogue' fehlt"),
        (("area: 1}", "area: 1, borders: [{goal: y, note: N}]}"), "grenzt sich von 'y' ab"),
    ],
)
def test_a_faulty_catalogue_is_refused_with_file_line_and_entry(change: tuple[str, str], expected: str) -> None:
    assert change[0] in LEAST
    with pytest.raises(UserError) as caught:
        parse_catalogue(LEAST.replace(*change).encode(), "k.yaml")
    assert re.match(r"k\.yaml, Zeile \d+: ", str(caught.value))
    assert expected in str(caught.value)


def test_a_missing_catalogue_names_the_shipped_ones() -> None:
    with pytest.raises(UserError, match="neumuenster"):
        find_catalogue("atlantis")


def test_a_catalogue_is_found_by_path_and_in_further_folders(tmp_path: Path) -> None:
    path = tmp_path / "klein.yaml"
    path.write_text(SMALL, "utf-8")
    assert load_catalogue(path).id == "kleinstadt"
    assert load_catalogue("klein", (tmp_path,)).id == "kleinstadt"
