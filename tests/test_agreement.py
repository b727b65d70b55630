"""Two people, one set: kappa per question, the second person as a ceiling, disagreements by case."""

from __future__ import annotations

import pytest
from pytest import approx

from app.action_text import agreement_table
from data.catalogue import Catalogue
from data.errors import UserError
from eval.agreement import agreement, pairs_of
from tests.test_evaluation import case


def test_kappa_is_counted_per_question(small: Catalogue) -> None:
    # 20 both rad, 5 rad/schule, 10 schule/rad, 15 both schule: the Wikipedia example of Cohen's kappa, 0.4
    answers = [("rad", "rad")] * 20 + [("rad", "schule")] * 5 + [("schule", "rad")] * 10 + [("schule", "schule")] * 15
    first = [case(str(number), "a", a) for number, (a, _) in enumerate(answers)]
    second = [case(str(number), "a", b) for number, (_, b) in enumerate(answers)]
    found = agreement(pairs_of(first, second), small, 50)
    levels = {level.name: level for level in found.levels}
    assert levels["bestes Ziel"].kappa == approx(0.4)
    assert levels["Produktbereich"].kappa == approx(0.4)
    assert levels["bestes Ziel"].equal == approx(0.7)
    low, high = levels["bestes Ziel"].ci or (1.0, 0.0)
    assert 0.05 < low < 0.4 < high < 0.7
    assert levels["passt ein Ziel"].kappa is None  # both always said yes: nothing to agree on
    assert len(found.disagreements) == 15
    # the second person measured like the machine: 35 of 50
    assert (found.second["hit@1"].value, found.second["hit@1"].n) == (approx(0.7), 50)
    assert found.second["no_goal_found"].value is None
    assert "bestes Ziel               0,400" in agreement_table(found)


def test_a_goal_that_the_first_person_also_accepts_is_acceptable(small: Catalogue) -> None:
    pairs = pairs_of([case("1", "a", "rad", secondary=("schule",))], [case("1", "a", "schule")])
    found = agreement(pairs, small, 1)
    assert found.second["hit@1"].value == 0.0
    assert found.second["acceptable@1"].value == 1.0


def test_citywide_goals_are_one_decision_each(small: Catalogue) -> None:
    first = [case(str(number), "a", citywide=("S",) if number < 6 else ()) for number in range(12)]
    second = [case(str(number), "a", citywide=("S",) if number < 4 else ()) for number in range(12)]
    level = agreement(pairs_of(first, second), small, 12).levels[-1]
    # observed 10/12; chance 6·4/144 + 6·8/144 = 1/2 → (10/12 − 1/2) / (1/2)
    assert (level.kappa, level.n) == (approx(2 / 3), 12)


def test_files_without_a_common_case_and_changed_texts_are_refused() -> None:
    with pytest.raises(UserError, match="keinen Fall gemeinsam"):
        pairs_of([case("1", "a", "rad")], [case("2", "a", "rad")])
    with pytest.raises(UserError, match="'1' hat in den beiden Dateien verschiedene Texte"):
        pairs_of([case("1", "a", "rad")], [case("1", "b", "rad")])


def test_cases_of_one_file_alone_are_counted_out(small: Catalogue) -> None:
    first = [case("1", "a", "rad"), case("2", "b", "rad")]
    assert agreement(pairs_of(first, first[:1]), small, 2).left_out == 1
