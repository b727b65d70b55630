"""Catalogues of the home folder: edited without touching the council's words, no version lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import SMALL
from fakes import WordEncoder

from app.desk import Desk
from app.service import open_matcher
from app.settings import Settings
from app.shelf import Shelf
from data.catalogue import FOLDER, parse_catalogue
from data.catalogue_edit import Profile, with_profile
from data.errors import UserError
from data.strict_yaml import dump, load_bytes

CYCLING = "PB5.4"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_dumped_catalogue_is_the_same_catalogue() -> None:
    for path in sorted(FOLDER.glob("*.yaml")):
        raw = path.read_bytes()
        again = parse_catalogue(dump(load_bytes(raw, path.name)), path.name)
        assert replace(again, digest="") == replace(parse_catalogue(raw, path.name), digest="")


def test_words_that_yaml_would_read_as_something_else_survive() -> None:
    text = (
        'catalogue: {id: 12:30, title: "no", version: 2022.10}\nareas: [{id: 7, title: "on"}, {id: "7a", title: "~"}]\n'
    )
    text += 'goals: [{id: 1.10, title: "true", area: 7, terms: ["2020-01-01", "#x", "- y", "a: b"]}]\n'
    before = parse_catalogue(text.encode(), "a.yaml")
    after = parse_catalogue(dump(load_bytes(text.encode(), "a.yaml")), "a.yaml")
    assert replace(after, digest="") == replace(before, digest="")
    assert (after.id, after.version, after.goals[0].id, after.areas[0].id) == ("12:30", "2022.10", "1.10", 7)


def test_typed_entries_lose_blank_and_double_lines() -> None:
    profile = Profile.typed(" Mehr  Rad\n fahren ", "Radweg\n\n  Radweg \nBügel\n", "Ein Beispiel")
    assert profile == Profile("Mehr Rad fahren", ("Radweg", "Bügel"), ("Ein Beispiel",))


def test_an_edited_profile_changes_nothing_else() -> None:
    before = parse_catalogue(SMALL.encode(), "klein.yaml")
    _, after = with_profile(SMALL.encode(), "klein.yaml", "rad", Profile("Mehr Rad", ("Radbügel",), ()))
    assert Profile.of(after.by_id["rad"]) == Profile("Mehr Rad", ("Radbügel",), ())
    assert [goal for goal in after.goals if goal.id != "rad"] == [goal for goal in before.goals if goal.id != "rad"]
    kept = replace(after.by_id["rad"], meaning="", terms=(), examples=())
    assert kept == replace(before.by_id["rad"], meaning="", terms=(), examples=())


@pytest.mark.parametrize(
    ("goal", "profile", "sentence"),
    [
        ("weg", Profile("", (), ()), "Das Ziel 'weg' gibt es im Zielkatalog «kleinstadt@1» nicht"),
        ("rad", Profile("x" * 2_001, (), ()), "Die Bedeutung hat 2.001 Zeichen, erlaubt sind 2.000"),
        ("rad", Profile("", tuple(map(str, range(1_001))), ()), "«Begriffe» hat 1.001 Einträge"),
        ("rad", Profile("", (), ("gut", "x" * 2_001)), "«Beispiele», Eintrag 2: 2.001 Zeichen"),
    ],
)
def test_a_faulty_profile_is_refused_with_its_place(goal: str, profile: Profile, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        with_profile(SMALL.encode(), "klein.yaml", goal, profile)


def test_an_edit_lies_in_the_home_folder_and_the_shipped_file_stays(shelf: Shelf, tmp_path: Path) -> None:
    shipped = (FOLDER / "neumuenster.yaml").read_bytes()
    before = shelf.load("neumuenster")
    profile = replace(Profile.of(before.by_id[CYCLING]), terms=("Lastenradverleih",))
    after = shelf.save_profile("neumuenster", CYCLING, profile, before.digest)
    assert shelf.load("neumuenster") == after and after.by_id[CYCLING].terms == ("Lastenradverleih",)
    assert (FOLDER / "neumuenster.yaml").read_bytes() == shipped
    assert [path.read_bytes() for path in shelf.versions("neumuenster")] == [shipped]
    assert [path.name for path in (tmp_path / "catalogues").glob(".neu-*")] == []


def test_who_edited_an_older_version_loses_nothing_of_the_newer_one(shelf: Shelf) -> None:
    seen = shelf.add(SMALL.encode(), "klein.yaml").digest
    shelf.save_profile("kleinstadt", "rad", Profile("Erste", (), ()), seen)
    with pytest.raises(UserError, match="inzwischen geändert"):
        shelf.save_profile("kleinstadt", "rad", Profile("Zweite", (), ()), seen)
    assert shelf.load("kleinstadt").by_id["rad"].meaning == "Erste"


def test_changes_are_taken_back_one_by_one(shelf: Shelf) -> None:
    first = shelf.add(SMALL.encode(), "klein.yaml")
    second = shelf.save_profile("kleinstadt", "rad", Profile("Eins", (), ()), first.digest)
    third = shelf.save_profile("kleinstadt", "rad", Profile("Zwei", (), ()), second.digest)
    assert shelf.undo("kleinstadt", third.digest).by_id["rad"].meaning == "Eins"
    with pytest.raises(UserError, match="inzwischen geändert"):
        shelf.undo("kleinstadt", third.digest)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("catalogue: {id: a, title: A}\nareas: []\ngoals: []\n", "enthält kein Ziel"),
        ("catalogue: {id: ../b, title: A}\nareas: []\ngoals: [{id: 1, title: x}]\n", "darf nur aus Kleinbuchstaben"),
        ("catalogue: {id: sdg, title: A}\nareas: []\ngoals: [{id: 1, title: x}]\n", "liefert das Programm mit"),
        ("\x00", "kein gültiges YAML"),
    ],
)
def test_a_faulty_import_leaves_nothing_behind(shelf: Shelf, tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        shelf.add(text.encode(), "fremd.yaml")
    assert list(tmp_path.rglob("*.yaml")) == []


def test_a_catalogue_given_as_a_file_is_not_rewritten(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "anderswo.yaml"
    path.write_text(SMALL, "utf-8")
    with pytest.raises(UserError, match="als Datei angegeben"):
        shelf.save_profile(str(path), "rad", Profile("Neu", (), ()), "egal")
    assert path.read_text("utf-8") == SMALL


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalogues").touch()
    with pytest.raises(UserError, match="lässt sich nicht beschreiben"):
        Shelf(tmp_path).add(SMALL.encode(), "klein.yaml")


def test_a_desk_answers_by_a_catalogue_taken_in_and_refuses_other_goals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISEK_HOME", str(tmp_path))
    Shelf(tmp_path).add(SMALL.encode(), "klein.yaml")
    settings = Settings(catalogue="kleinstadt")
    encoder = WordEncoder("radweg", "schulhof", "bahnhof")
    desk = Desk(open_matcher(settings, encoder=encoder, say=lambda _: None), settings)
    try:
        taken = desk.take_in(SMALL.replace("Fahrradbügel", "Lastenrad").encode(), "klein.yaml")
        assert desk.catalogue == taken and "Lastenrad" in taken.by_id["rad"].terms
        desk.save_profile("rad", Profile("Neu", (), ()), taken.digest)
        assert desk.catalogue.by_id["rad"].meaning == "Neu"
        desk.undo_catalogue(desk.catalogue.digest)
        assert desk.catalogue.by_id["rad"].terms == taken.by_id["rad"].terms
        with pytest.raises(UserError, match="ist in Gebrauch"):
            desk.take_in(SMALL.replace("id: rad\n", "id: bahn\n").encode(), "klein.yaml")
        Shelf(tmp_path).add(SMALL.encode(), "klein.yaml")  # by another process
        with pytest.raises(UserError, match="außerhalb dieses Dienstes geändert"):
            desk.save_profile("rad", Profile("Verloren", (), ()), desk.catalogue.digest)
    finally:
        desk.store.close()
