from __future__ import annotations

from pathlib import Path

import pytest
from fakes import WordEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from data.background import Background
from data.catalogue import Catalogue, parse_catalogue
from data.errors import LimitError, UserError
from index.decision import Thresholds
from index.learning import Tuning
from index.matcher import Matcher
from index.store import build_index
from index.texts import corpus_of

GOALLESS = Background(("Personalausweis verlängern", "Verkaufe gebrauchtes Sofa", "Wann hat das Bürgerbüro offen?"))
CYCLING = "Wir bauen einen Radweg und stellen am Bahnhof Fahrradbügel auf. Danach feiern alle."


def matcher_for(catalogue: Catalogue, encoder: WordEncoder | None = None, background: Background = GOALLESS) -> Matcher:
    chosen = encoder or WordEncoder("radweg", "schulhof", "bahnhof", "unterricht")
    corpus = corpus_of(catalogue, background, ())
    return Matcher(catalogue, build_index(None, catalogue, corpus, chosen, Tuning()), chosen)


@pytest.fixture
def small_matcher(small: Catalogue) -> Matcher:
    return matcher_for(small)


def test_the_right_goal_comes_first_with_its_area(small_matcher: Matcher) -> None:
    match = small_matcher.match(CYCLING, identity="17")
    assert match.id == "17"
    assert [hit.id for hit in match.goals] == ["rad", "schule"]
    assert match.area.id == "umwelt"
    assert match.goals[0].confidence > match.goals[1].confidence
    assert [hit.id for hit in match.citywide] == ["S"]


def test_evidence_lies_in_the_text_and_names_the_goals_own_words(small_matcher: Matcher) -> None:
    (evidence,) = small_matcher.match(CYCLING).goals[0].evidence
    assert CYCLING[evidence.start : evidence.end] == evidence.text
    assert "Radweg" in evidence.text or "Fahrradbügel" in evidence.text
    goal = small_matcher.catalogue.by_id["rad"]
    assert evidence.matched in (goal.title, goal.meaning, *goal.terms, *goal.examples)


def test_without_its_evidence_a_goal_loses(small_matcher: Matcher) -> None:
    before = small_matcher.match(CYCLING).goals[0]
    start, end = before.evidence[0].start, before.evidence[0].end
    rest = small_matcher.match(CYCLING[:start] + CYCLING[end:])
    after = next(hit for hit in rest.goals if hit.id == before.id)
    assert after.confidence < before.confidence


def test_the_area_filter_leaves_city_wide_goals_alone(small_matcher: Matcher) -> None:
    match = small_matcher.match(CYCLING, areas=["jugend"])
    assert [hit.id for hit in match.goals] == ["schule"]
    assert [hit.id for hit in match.citywide] == ["S"]
    assert match.area.id == "umwelt"
    with pytest.raises(UserError, match="'sport'"):
        small_matcher.match(CYCLING, areas=["sport"])


def test_top_limits_the_goals_listed(small_matcher: Matcher) -> None:
    assert len(small_matcher.match(CYCLING, top=1).goals) == 1
    with pytest.raises(UserError):
        small_matcher.match(CYCLING, top=0)


@pytest.mark.parametrize("text", ["", "   \n\t"])
def test_a_blank_text_is_refused(small_matcher: Matcher, text: str) -> None:
    with pytest.raises(UserError, match="leer"):
        small_matcher.match(text)


def test_a_text_over_the_limit_is_refused(small_matcher: Matcher) -> None:
    with pytest.raises(LimitError, match="11 Zeichen, erlaubt sind 10"):
        small_matcher.match("x" * 11, max_characters=10)


@pytest.mark.parametrize("text", ["12345", "!!! ???", "🚲🚲", "a"])
def test_a_text_without_words_has_no_goal_because_it_says_nothing(small_matcher: Matcher, text: str) -> None:
    match = small_matcher.match(text)
    assert (match.no_goal, match.no_goal_reason) == (True, "kein_inhalt")
    assert not any(hit.suggested for hit in (*match.goals, *match.citywide))
    assert match.goals and match.area.id in {"umwelt", "jugend"}


@given(st.text(min_size=1, max_size=300).filter(str.strip))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_an_answer_within_the_contract(text: str) -> None:
    match = HYPOTHESIS_MATCHER.match(text)
    for hit in (*match.goals, *match.citywide):
        assert 0.0 <= hit.confidence <= 1.0
        for item in hit.evidence:
            assert text[item.start : item.end] == item.text
    assert [hit.confidence for hit in match.goals] == sorted((hit.confidence for hit in match.goals), reverse=True)


@pytest.mark.parametrize(("close", "asked"), [(1.0, True), (0.0, False)])
def test_two_close_goals_come_with_the_question_that_decides(small: Catalogue, close: float, asked: bool) -> None:
    plain = matcher_for(small)
    lenient = Thresholds(suggest=0.0, any_goal=0.0, any_area_goal=0.0, close=close)
    matcher = Matcher(small, plain.index, plain.encoder, lenient)
    match = matcher.match("Neuer Radweg zur Grundschule")
    assert (match.question is not None) is asked
    if match.question is not None:
        assert match.question.text == "Geht es um den Weg oder um den Unterricht?"
        assert set(match.question.between) == {"rad", "schule"}


def test_a_catalogue_of_bare_titles_works() -> None:
    catalogue = parse_catalogue(
        b"catalogue: {id: a, title: A}\nareas: [{id: x1, title: Verkehr}, {id: x2, title: Schule}]\n"
        b"goals: [{id: r, title: Radverkehr ausbauen, area: x1}, {id: s, title: Schulen modernisieren, area: x2}]\n",
        "a.yaml",
    )
    match = matcher_for(catalogue).match("Ein Radweg für den Radverkehr")
    assert match.goals[0].id == "r" and match.area.id == "x1" and match.citywide == ()
    assert any("Erfahrungswerte" in warning for warning in match.warnings)


def test_a_catalogue_of_city_wide_goals_alone_works() -> None:
    catalogue = parse_catalogue(
        b"catalogue: {id: a, title: A}\nareas: []\ngoals: [{id: r, title: Radverkehr ausbauen}, {id: s, title: Schulen}]",
        "a.yaml",
    )
    match = matcher_for(catalogue).match("Ein Radweg für den Radverkehr")
    assert match.goals == () and match.citywide[0].id == "r"
    assert match.to_json()["goals"] == []


def test_the_json_keeps_the_contract(small_matcher: Matcher) -> None:
    record = small_matcher.match(CYCLING + "\nBankverbindung: liegt vor").to_json()
    fixed = [
        "id",
        "no_goal",
        "no_goal_reason",
        "area",
        "goals",
        "citywide",
        "ignored",
        "catalogue",
        "model",
        "warnings",
    ]
    assert [key for key in record if key in fixed] == fixed
    assert set(record["area"]) == {"id", "title", "confidence"}
    assert list(record["goals"][0]) == ["id", "title", "area", "confidence", "suggested", "evidence"]
    assert list(record["citywide"][0]) == ["id", "title", "confidence", "suggested", "evidence"]
    assert {"start", "end", "text", "matched"} <= set(record["goals"][0]["evidence"][0])
    assert [set(part) >= {"start", "end", "text"} for part in record["ignored"]] == [True]
    assert record["catalogue"] == "kleinstadt@1" and record["model"] == "fake"


def test_a_text_ranks_alike_alone_and_after_a_restart(small: Catalogue) -> None:
    first, second = matcher_for(small), matcher_for(small)
    assert first.match(CYCLING) == second.match(CYCLING) == first.match(CYCLING)


def test_hundreds_of_pages_are_matched(small_matcher: Matcher) -> None:
    filler = "Der Ausschuss nimmt den Bericht zur Kenntnis und dankt allen Beteiligten für die Arbeit. "
    match = small_matcher.match(filler * 3000 + CYCLING + filler * 3000)
    assert match.goals[0].id == "rad"


HYPOTHESIS_MATCHER = matcher_for(
    parse_catalogue((Path(__file__).parent / "conftest.py").read_text("utf-8").split('"""')[3].encode(), "klein.yaml")
)
