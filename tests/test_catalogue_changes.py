"""Two versions of a catalogue: added, dropped, reworded, moved, with another profile."""

from __future__ import annotations

import json

from app.action_text import changes_table
from data.catalogue import Catalogue, parse_catalogue
from eval.catalogue_changes import catalogue_changes
from tests.conftest import SMALL


def changed() -> Catalogue:
    text = SMALL.replace('version: "1"', 'version: "2"').replace("Schulen modernisieren", "Schulen erneuern")
    text = text.replace("terms: [Radweg, Fahrradbügel", "terms: [Radschnellweg, Fahrradbügel")
    text = text.replace("- {id: S, title: Stadt für alle sein}", "- {id: T, title: Klimaneutral werden}")
    return parse_catalogue(text.replace("    area: jugend", "    area: umwelt").encode(), "neu.yaml")


def test_every_kind_of_change_is_named(small: Catalogue) -> None:
    found = catalogue_changes(small, changed())
    assert (found.old, found.new) == ("kleinstadt@1", "kleinstadt@2")
    assert [goal.id for goal in found.added] == ["T"]
    assert [goal.id for goal in found.dropped] == ["S"]
    assert [(c.goal, c.field, c.before, c.after) for c in found.reworded] == [
        ("schule", "Titel", "Schulen modernisieren", "Schulen erneuern")
    ]
    assert [(c.goal, c.field, c.before, c.after) for c in found.moved] == [
        ("schule", "Produktbereich", "jugend", "umwelt")
    ]
    assert [(c.goal, c.before, c.after) for c in found.profiles] == [("rad", "Radweg", "Radschnellweg")]
    assert json.loads(json.dumps(found.to_json()))["added"] == [{"id": "T", "title": "Klimaneutral werden"}]
    assert "neu: Schulen erneuern" in changes_table(found)


def test_a_catalogue_does_not_differ_from_itself(small: Catalogue) -> None:
    found = catalogue_changes(small, small)
    assert not (found.added or found.dropped or found.reworded or found.moved or found.profiles)
