"""Another catalogue, without labelled texts: the Sustainable Development Goals, on probe texts of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.service import open_matcher
from app.settings import Settings
from data.catalogue import load_catalogue
from data.labelled import load_labelled
from index.matcher import Matcher

PROBE = Path(__file__).parent / "data" / "sdg-probe.jsonl"


@pytest.fixture(scope="module")
def sdg(home: Path) -> Matcher:
    return open_matcher(Settings(catalogue="sdg"), home=home)


def test_seventeen_goals_in_five_areas_and_no_city_wide_level(sdg: Matcher) -> None:
    assert [goal.id for goal in sdg.catalogue.goals] == [f"SDG{number}" for number in range(1, 18)]
    assert len(sdg.catalogue.areas) == 5 and sdg.catalogue.citywide_goals == ()


def test_probe_texts_find_their_goals_from_the_profiles_alone(sdg: Matcher) -> None:
    cases = load_labelled(PROBE, load_catalogue("sdg"))
    answers = [[hit.id for hit in sdg.match(case.text, top=3).goals] for case in cases]
    acceptable = sum(answer[0] in case.acceptable for case, answer in zip(cases, answers, strict=True))
    among_three = sum(case.primary in answer for case, answer in zip(cases, answers, strict=True))
    # Measured on 2026-11-23: 40 and 47 of 51; the floors leave room for a retrained encoder.
    assert len(cases) == 51 and acceptable >= 36 and among_three >= 43


def test_the_borrowed_confidence_says_so_and_goalless_texts_stay_goalless(sdg: Matcher) -> None:
    answer = sdg.match("Personalausweis verlängern")
    assert answer.no_goal and any("Erfahrungswerte" in warning for warning in answer.warnings)
