"""From what staff ticked to what is saved."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from decision_samples import TEXT, draft, proposal

from app.decisions.judgement import Details, Judgement, carried_over, drafted, judgement_from, judgement_of, unjudged
from app.decisions.records import ACCEPTED, ADDED, REJECTED, Draft
from data.catalogue import Catalogue, parse_catalogue
from data.errors import UserError

NO_DETAILS = Details()


def made(catalogue: Catalogue, judgement: Judgement, details: Details = NO_DETAILS, text: str = TEXT) -> Draft:
    return drafted(text, proposal(catalogue), judgement, details, catalogue, "Zuordnen")


def test_accepted_goals_keep_rank_confidence_and_evidence(small: Catalogue) -> None:
    given = Judgement({"rad": ACCEPTED, "schule": REJECTED, "S": ACCEPTED}, {"rad": "Lücke"})
    goals = made(small, given).goals
    assert [(g.goal, g.verdict, g.rank, g.confidence, g.evidence, g.reason) for g in goals] == [
        ("rad", ACCEPTED, 1, 0.9, ("Radweg",), "Lücke"),
        ("schule", REJECTED, 2, 0.4, (), ""),
        ("S", ACCEPTED, 1, 0.3, (), ""),
    ]


def test_the_primary_goal_comes_first(small: Catalogue) -> None:
    given = Judgement({"rad": ACCEPTED, "schule": ACCEPTED, "S": REJECTED}, primary="schule")
    assert [g.goal for g in made(small, given).goals] == ["schule", "rad", "S"]


def test_a_goal_of_the_catalogue_that_was_not_suggested_is_added_without_a_rank(small: Catalogue) -> None:
    bare = proposal(small)
    without = Judgement({"S": ACCEPTED, "rad": REJECTED, "schule": ADDED})
    hit = made(small, without).goals
    assert [(g.goal, g.verdict) for g in hit] == [("rad", REJECTED), ("schule", ACCEPTED), ("S", ACCEPTED)]
    only_rad = replace(bare, match=replace(bare.match, goals=bare.match.goals[:1], citywide=()))
    goals = drafted(TEXT, only_rad, Judgement({"rad": REJECTED, "S": ADDED}), Details(), small, "Zuordnen").goals
    assert [(g.goal, g.verdict, g.rank, g.confidence) for g in goals] == [
        ("rad", REJECTED, 1, 0.9),
        ("S", ADDED, None, None),
    ]


def test_a_rejected_goal_that_was_not_suggested_stays_rejected_and_an_unknown_one_is_a_fault(small: Catalogue) -> None:
    bare = proposal(small)
    only_rad = replace(bare, match=replace(bare.match, goals=bare.match.goals[:1], citywide=()))
    given = Judgement({"schule": REJECTED, "rad": ACCEPTED, "S": ADDED}, {"schule": "zu weit weg"})
    goals = drafted(TEXT, only_rad, given, Details(), small, "Zuordnen").goals
    assert [(g.goal, g.verdict, g.rank, g.reason) for g in goals] == [
        ("rad", ACCEPTED, 1, ""),
        ("schule", REJECTED, None, "zu weit weg"),
        ("S", ADDED, None, ""),
    ]
    with pytest.raises(UserError, match="Das Ziel 'weg' gibt es"):
        made(small, Judgement({"rad": ACCEPTED, "weg": REJECTED}))


def test_no_goal_fits_rejects_every_suggestion(small: Catalogue) -> None:
    done = made(small, Judgement(no_goal=True))
    assert done.no_goal and {g.verdict for g in done.goals} == {REJECTED} and len(done.goals) == 3


@pytest.mark.parametrize(
    ("judgement", "sentence"),
    [
        (Judgement({"rad": ACCEPTED}, no_goal=True), "zugleich ist rad angenommen"),
        (Judgement({"rad": ACCEPTED, "weg": ADDED}), "Das Ziel 'weg' gibt es"),
        (Judgement({"rad": ACCEPTED}, {"rad": "x" * 10_001}), "Der Grund zu rad hat 10.001 Zeichen"),
    ],
)
def test_a_contradiction_is_one_german_sentence(small: Catalogue, judgement: Judgement, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        made(small, judgement)


def test_a_text_changed_after_the_answer_cannot_be_saved(small: Catalogue) -> None:
    with pytest.raises(UserError, match="Der Text wurde nach dieser Antwort geändert"):
        made(small, Judgement({"rad": ACCEPTED}), text=TEXT + "!")


def test_line_ends_are_no_change_of_the_text(small: Catalogue) -> None:
    assert made(small, Judgement({"rad": ACCEPTED}), text=TEXT.replace("\n", "\r\n")).title == "Radweg am Wald"


def test_a_catalogue_changed_after_the_answer_cannot_be_saved_on(small: Catalogue) -> None:
    other = parse_catalogue(b"catalogue: {id: a, title: A}\nareas: []\ngoals: [{id: S, title: Stadt}]", "a.yaml")
    with pytest.raises(UserError, match="Der Zielkatalog wurde nach dieser Antwort geändert"):
        drafted(TEXT, proposal(small), Judgement({"S": ACCEPTED}), Details(), other, "Zuordnen")


def test_details_are_tidied_and_the_title_falls_back_to_the_text(small: Catalogue) -> None:
    done = made(small, Judgement({"rad": ACCEPTED}), Details("  ", " 66.\t1 ", "Tief\nbau", " weil\nso "))
    assert (done.title, done.reference, done.department, done.reason) == (
        "Radweg am Wald",
        "66. 1",
        "Tief bau",
        "weil\nso",
    )


def test_what_the_page_sends_is_read() -> None:
    sent = {"goals": {"rad": [ACCEPTED, " gut "], "S": [REJECTED, ""]}, "primary": "rad", "none": False}
    assert judgement_from(json.dumps(sent)) == Judgement({"rad": ACCEPTED, "S": REJECTED}, {"rad": "gut"}, "rad")
    assert judgement_from("") == judgement_from(None) == Judgement()


@pytest.mark.parametrize(
    "sent", ["{", "[]", "7", '{"goals": 1}', '{"goals": {"a": ["böse", ""]}}', '{"goals": {"a": "x"}}', "[" * 100_000]
)
def test_anything_else_from_the_page_is_refused_in_german(sent: str) -> None:
    with pytest.raises(UserError, match="unlesbar"):
        judgement_from(sent)


def test_suggestions_without_a_verdict_are_named(small: Catalogue) -> None:
    assert unjudged(proposal(small), Judgement({"schule": REJECTED})) == ("rad", "S")
    assert unjudged(proposal(small), Judgement(no_goal=True)) == ()


def test_a_saved_draft_gives_its_judgement_back() -> None:
    assert judgement_of(draft()) == Judgement({"rad": ACCEPTED, "S": REJECTED}, {"rad": "liegt am Schulweg"}, "rad")


def test_verdicts_are_carried_over_to_a_new_answer_and_what_is_gone_is_dropped(small: Catalogue) -> None:
    before = Judgement(
        {"rad": ADDED, "schule": REJECTED, "weg": ACCEPTED, "alt": REJECTED}, {"rad": "a", "weg": "b"}, "rad"
    )
    after = carried_over(before, proposal(small), small)
    assert (dict(after.verdicts), dict(after.reasons)) == ({"rad": ACCEPTED, "schule": REJECTED}, {"rad": "a"})
