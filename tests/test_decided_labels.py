"""Decisions become labelled cases that keep their split; a deleted text leaves no copy behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.__main__ import main
from app.decisions.labels import (
    NO_TEXT,
    OTHER_CATALOGUE,
    UNKNOWN_GOALS,
    case_of,
    decided_cases,
    decided_path,
    forget,
    take_over,
)
from app.decisions.records import ACCEPTED, ADDED, REJECTED, Decision, Draft, GoalVerdict
from app.decisions.store import DecisionStore, open_store
from app.evaluation import DECISIONS, Task, run_evaluation
from app.service import open_matcher, training_labels
from app.settings import Settings
from data.catalogue import Catalogue
from data.errors import UserError
from data.labelled import LabelledCase
from eval.growth import spread
from eval.wording import judges_sentence
from tests.fakes import WordEncoder
from tests.test_eval_command import town
from tests.test_evaluation import case, encoder, labelled_file, settings

__all__ = ["encoder", "labelled_file", "settings", "town"]  # fixtures

PLACES = ("Ampel", "Brücke", "Carport", "Damm", "Esche", "Furt", "Gasse", "Hafen", "Insel", "Jolle", "Kanal", "Lampe")


def verdict(goal: str, area: str | None, said: str = ACCEPTED) -> GoalVerdict:
    return GoalVerdict(goal, goal, area, said)


def draft(text: str, *goals: GoalVerdict, **more: object) -> Draft:
    made = Draft(text[:20], text, goals, "kleinstadt@1", "0" * 64, "isek-de", "1" * 64, no_goal=not goals)
    return replace(made, **more)  # type: ignore[arg-type]


RAD, SCHULE = verdict("rad", "umwelt"), verdict("schule", "jugend", ADDED)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[DecisionStore]:
    opened = open_store(Settings(), home)
    yield opened
    opened.close()


def fill(store: DecisionStore, n: int = len(PLACES)) -> None:
    for word in PLACES[:n]:
        store.save(draft(f"{word} am {word.lower()[::-1]}", RAD), "Mai")


def splits(cases: list[LabelledCase]) -> dict[str, str]:
    return {item.id: item.split for item in cases}


def test_the_first_taken_goal_is_the_primary_one_and_rejected_ones_are_none(
    store: DecisionStore, small: Catalogue
) -> None:
    goals = verdict("S", None), verdict("rad", "umwelt", REJECTED), SCHULE
    made = case_of(store.save(draft("Schulfest im Stadtteil", *goals), "Mai"), small)
    assert made == LabelledCase(
        "entscheidung-1",
        "Schulfest im Stadtteil",
        "short",
        "jugend",
        "schule",
        (),
        ("S",),
        "Entscheidung zum Projekt 1, Stand 1",
        "dev",
    )
    both = case_of(store.save(draft("Radweg zur Schule", RAD, SCHULE), "Mai"), small)
    assert isinstance(both, LabelledCase) and (both.primary, both.secondary) == ("rad", ("schule",))
    nothing = case_of(store.save(draft("Pass verloren"), "Mai"), small)
    assert isinstance(nothing, LabelledCase) and nothing.goalless and nothing.style == "none"
    only_city = case_of(store.save(draft("Stadtfest", verdict("S", None)), "Mai"), small)
    assert isinstance(only_city, LabelledCase) and (only_city.style, only_city.area) == ("citywide", None)


def test_what_cannot_be_a_case_is_left_aside_with_its_reason(store: DecisionStore, small: Catalogue) -> None:
    store.save(draft(" ", RAD), "Mai")
    store.save(draft("Radweg", RAD, catalogue="andere@1"), "Mai")
    store.save(draft("Hafen ausbauen", verdict("hafen", "umwelt")), "Mai")
    assert [case_of(decision, small) for decision in store.every()] == [NO_TEXT, OTHER_CATALOGUE, UNKNOWN_GOALS]
    assert case_of(store.save(draft("Radweg", RAD, catalogue="kleinstadt@0"), "Mai"), small) != OTHER_CATALOGUE


def test_new_decisions_are_spread_and_old_ones_never_move(store: DecisionStore, small: Catalogue, home: Path) -> None:
    fill(store, 6)
    first = take_over(store.every(), small, home)
    assert (first.added, first.changed, first.removed, first.aside) == (6, 0, 0, {})
    before = splits(decided_cases(small, home))
    assert sorted(before.values()) == ["dev"] * 4 + ["test"] * 2
    fill(store)  # the six again, whose texts are there already, and six new ones
    store.save(draft("Ampel am Rathaus mit Blindensignal", SCHULE), "Jo", project=1)  # another text and another goal
    second = take_over(store.every(), small, home)
    after = splits(decided_cases(small, home))
    assert {name: after[name] for name in before} == before
    assert (second.added, second.changed, second.removed) == (7, 1, 0)
    assert list(second.aside) == [8, 9, 10, 11, 12]  # the first text is free again, its project has another one now
    assert all("der Text steht schon im Prüfsatz" in reason for reason in second.aside.values())
    again = take_over(store.every(), small, home)
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    assert splits(decided_cases(small, home)) == after
    assert "13 beurteilte Texte aus Entscheidungen" in again.sentence()


def test_a_withdrawn_decision_goes_and_comes_back_to_its_old_split(
    store: DecisionStore, small: Catalogue, home: Path
) -> None:
    fill(store, 6)
    take_over(store.every(), small, home)
    before = splits(decided_cases(small, home))
    in_test = int(next(name for name, split in before.items() if split == "test").rpartition("-")[2])
    store.withdraw(in_test, "Mai", "Irrtum")
    assert take_over(store.every(), small, home).removed == 1
    assert f"entscheidung-{in_test}" not in splits(decided_cases(small, home))
    store.save(draft("Gasse und Hafen neu", RAD), "Mai", project=in_test)
    take_over(store.every(), small, home)
    assert splits(decided_cases(small, home))[f"entscheidung-{in_test}"] == "test"


def test_a_case_that_comes_to_resemble_the_other_split_is_left_aside() -> None:
    text = "Neubau eines Radwegs an der Hauptstraße mit Beleuchtung"
    shipped = [case("t", text, "rad", split="test")]
    new = [case("entscheidung-1", f"{text}!", "rad"), case("entscheidung-2", "Bügel vor dem Amt", "rad")]
    placed, refused = spread([], new, shipped, {"entscheidung-1": "dev", "entscheidung-2": "test"})
    assert [(item.id, item.split) for item in placed] == [("entscheidung-2", "test")]
    assert "ähnelt jetzt dem Fall 't' (test)" in refused["entscheidung-1"]
    both = [*shipped, case("d", f"{text} am Abend", "rad", split="dev")]
    assert "'d' (dev) und 't' (test)" in spread([], new, both)[1]["entscheidung-1"]


def test_decisions_are_learned_from_only_where_the_settings_say_so(
    store: DecisionStore, small: Catalogue, home: Path
) -> None:
    fill(store, 6)
    take_over(store.every(), small, home)
    assert training_labels(small, Settings(), home) == []
    learned = training_labels(small, Settings(decided_labels=True), home)
    assert len(learned) == 4 and {item.split for item in learned} == {"dev"}
    assert training_labels(small, Settings(decided_labels=True, labels=False), home) == []


def test_figures_on_decisions_say_what_they_rest_on_and_whether_they_were_learned(
    store: DecisionStore, settings: Settings, small: Catalogue, home: Path, encoder: WordEncoder
) -> None:
    with pytest.raises(UserError, match="noch keine beurteilten Texte aus Entscheidungen"):
        run_evaluation(settings, Task(DECISIONS), lambda _: None, encoder=encoder, home=home)
    fill(store)
    store.save(draft("Schulhof begrünen", SCHULE), "Mai")
    store.save(draft("Pass verloren"), "Mai")
    take_over(store.every(), small, home)
    task = Task(DECISIONS, compare=["decided_labels=on"])
    made = run_evaluation(settings, task, lambda _: None, encoder=encoder, home=home)
    record = made.to_json()
    assert (record["set"], record["split"], record["n"]) == ("kleinstadt-entscheidungen.jsonl", "all", 14)
    assert record["labels"]["n"] == 0
    in_dev = sum(item.split == "dev" for item in decided_cases(small, home))
    learned = {"used": True, "n": in_dev, "decided": in_dev, "crossfitted": in_dev}
    assert record["comparisons"][0]["labels"] == learned
    assert judges_sentence(made).startswith("Alle Beurteilungen sind Entscheidungen")


def test_a_deleted_text_leaves_no_copy_behind(
    store: DecisionStore, settings: Settings, small: Catalogue, home: Path, encoder: WordEncoder
) -> None:
    fill(store, 5)
    secret = "Frau Ypsilon aus der Zedernstraße bittet um Fahrradbügel"
    store.save(draft(secret, SCHULE), "Mai")
    take_over(store.every(), small, home)
    learning = settings.changed(decided_labels=True)
    open_matcher(learning, lambda _: None, catalogue=small, encoder=encoder, home=home)
    open_matcher(settings, lambda _: None, catalogue=small, encoder=encoder, home=home)
    report = home / "measurements" / "1" / "bericht.json"
    report.parent.mkdir(parents=True)
    report.write_text(json.dumps({"cases": {"entscheidung-6": {}}, "comparisons": []}), "utf-8")
    other = home / "measurements" / "2" / "bericht.json"
    other.parent.mkdir()
    other.write_text(json.dumps({"cases": {"L001": {}}, "comparisons": []}), "utf-8")

    def holding(word: str) -> list[str]:
        files = [path for path in home.rglob("*") if path.is_file()]
        return sorted(str(path.relative_to(home)) for path in files if word.encode() in path.read_bytes())

    assert any(name.startswith("index/") for name in holding("Ypsilon"))
    assert any(name.startswith("labelled/") for name in holding("Ypsilon"))
    store.forget(6, "Datenschutz")
    store.close()
    assert holding("Ypsilon") == []
    assert not report.exists() and other.exists()
    assert not (home / "vectors").exists()
    assert len(list((home / "index").iterdir())) == 1  # the index without decisions stays
    assert "entscheidung-6" not in splits(decided_cases(small, home))
    forget(6, home)  # nothing left to do is no error


def test_a_text_forgotten_while_decisions_are_taken_over_does_not_come_back(
    store: DecisionStore, small: Catalogue, home: Path
) -> None:
    """The decisions are read, then one of them is forgotten, then the set is written."""
    fill(store, 3)
    take_over(store.every(), small, home)
    forgetting = threading.Thread(target=store.forget, args=(2, "Datenschutz"))

    def read() -> Iterator[Decision]:
        yield from store.every()
        forgetting.start()
        forgetting.join(1)  # its texts leave the database; for the set it waits

    take_over(read(), small, home)
    forgetting.join(30)
    assert not forgetting.is_alive() and store.current(2).draft.text == ""
    assert sorted(splits(decided_cases(small, home))) == ["entscheidung-1", "entscheidung-3"]


def test_the_command_line_takes_decisions_over_and_names_those_left_aside(
    town: str, tmp_path: Path, small: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"  # the town's
    with_text = open_store(Settings(), home)
    fill(with_text, 3)
    with_text.save(draft("Radweg", RAD, catalogue="andere@1"), "Mai")
    with_text.close()
    call = ["eval", "import", "--decisions", "--catalogue", town]
    assert main(call) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"Projekt 4 bleibt außen vor: {OTHER_CATALOGUE}" in err
    assert "3 beurteilte Texte aus Entscheidungen (2 dev, 1 test): 3 neu" in err
    assert decided_path(small, home).stat().st_mode & 0o077 == 0
    assert main(["eval", "--set", "decisions", "--catalogue", town, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 3
    for wrong, sentence in (([*call, "x.csv"], "entweder"), (["eval", "import"], "entweder")):
        assert main(wrong) == 2
        assert sentence in capsys.readouterr().err
    assert main([*call, "--output", "x.jsonl"]) == 2
    assert "--output weglassen" in capsys.readouterr().err


def test_damaged_splits_are_named_and_nothing_is_lost(store: DecisionStore, small: Catalogue, home: Path) -> None:
    fill(store, 3)
    take_over(store.every(), small, home)
    path = decided_path(small, home).with_suffix(".splits.json")
    path.write_text("{", "utf-8")
    with pytest.raises(UserError, match=r"splits\.json» lässt sich nicht lesen"):
        take_over(store.every(), small, home)
    assert len(decided_cases(small, home)) == 3
