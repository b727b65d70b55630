"""Pairs of projects that may be the same: the computation on vectors made by hand, and the threshold on real texts."""

from __future__ import annotations

import json
import random
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.labelled import LabelledCase, labelled_path, load_labelled, of_split
from index.features import Features, SparseVector
from index.matcher import Matcher
from index.overlap import LIKE_FROM, Overlap, Sketch, likest_passages, overlaps, pairs_with_common_goal
from index.passages import Passage, Reading

PARAPHRASES = Path(__file__).parent / "data" / "paraphrases.jsonl"


def sketch(words: dict[int, float], meaning: list[float]) -> Sketch:
    vector = SparseVector(np.array(list(words), np.int64), np.array(list(words.values()), np.float32))
    dense = np.array(meaning, np.float32)
    return Sketch(Reading((Passage(0, 1, "x"),), ()), Features(vector, dense, {0: vector}, {0: dense}))


RAD, HEALTH = frozenset({"rad"}), frozenset({"gesund"})


def test_likeness_is_the_mean_of_both_cosines_whatever_the_length_of_the_vectors() -> None:
    one, two = sketch({1: 3.0, 2: 4.0}, [2.0, 0.0]), sketch({2: 2.0}, [3.0, 4.0])
    (pair,) = overlaps([one, two], [RAD, RAD | HEALTH], least=0.5)
    assert (pair.first, pair.second, pair.goals) == (0, 1, RAD)
    assert (pair.words, pair.meaning, pair.likeness) == pytest.approx((0.8, 0.6, 0.7))
    assert overlaps([one, two], [RAD, RAD], least=0.71) == []


def test_only_projects_with_a_goal_in_common_make_a_pair_and_each_pair_stands_once() -> None:
    same = [sketch({1: 1.0}, [1.0, 0.0])] * 4
    both = RAD | HEALTH
    goals = [both, both, HEALTH, frozenset[str]()]
    found = overlaps(same, goals)
    assert [(pair.first, pair.second) for pair in found] == [(0, 1), (0, 2), (1, 2)]
    assert pairs_with_common_goal(goals) == 3
    assert overlaps(same[:2], [RAD, HEALTH]) == [] and overlaps([], []) == []


def test_the_likest_pair_comes_first() -> None:
    texts = [sketch({1: 1.0}, [1.0, 0.0]), sketch({1: 1.0}, [0.6, 0.8]), sketch({1: 1.0}, [0.8, 0.6])]
    assert [(p.first, p.second) for p in overlaps(texts, [RAD] * 3)] == [(1, 2), (0, 2), (0, 1)]


def test_a_text_without_known_words_is_compared_by_its_meaning_alone() -> None:
    mute = sketch({}, [1.0, 0.0])
    assert overlaps([mute, mute], [RAD, RAD]) == [Overlap(0, 1, RAD, 0.0, 1.0)]


def test_the_passages_shown_are_those_that_speak_of_the_same_thing(matcher: Matcher) -> None:
    one, two = matcher.sketches(
        [
            "Der Verein wurde 1954 gegründet. Auf dem Rathausplatz entsteht eine Fahrradstation mit 80 Plätzen.",
            "Wir bitten um Prüfung. Die Fahrradstation am Rathausplatz soll 80 Räder aufnehmen. Danach wird gefeiert.",
        ]
    )
    assert [passage.text.split(" ")[-2:] for passage in likest_passages(one, two)] == [
        ["80", "Plätzen."],
        ["Räder", "aufnehmen."],
    ]


@pytest.fixture(scope="module")
def dev(neumuenster: Catalogue) -> list[LabelledCase]:
    cases = of_split(load_labelled(labelled_path(neumuenster)), "dev")
    return [case for case in cases if goals_of(case)]


def goals_of(case: LabelledCase) -> frozenset[str]:
    return case.acceptable | frozenset(case.citywide)


def found_again(matcher: Matcher, cases: list[LabelledCase], versions: list[str]) -> int:
    """For how many cases the other version of its text is a pair with it."""
    sketches = matcher.sketches([case.text for case in cases] + versions)
    n = len(cases)
    goals = [frozenset({str(number)}) for number in range(n)] * 2
    return len(overlaps(sketches, goals))


def test_different_projects_of_one_goal_hardly_ever_count_as_the_same(
    matcher: Matcher, dev: list[LabelledCase]
) -> None:
    goals = [goals_of(case) for case in dev]
    assert pairs_with_common_goal(goals) == 1414 == sum(bool(a & b) for a, b in combinations(goals, 2))
    assert len(overlaps(matcher.sketches([case.text for case in dev]), goals)) <= 5


def test_most_paraphrases_of_a_project_are_found(matcher: Matcher, dev: list[LabelledCase]) -> None:
    written = {line["case"]: line["text"] for line in map(json.loads, PARAPHRASES.read_text("utf-8").splitlines())}
    cases = [case for case in dev if case.id in written]
    assert len(cases) == len(written) == 30
    assert found_again(matcher, cases, [written[case.id] for case in cases]) >= 26


def test_a_text_handed_in_again_in_another_form_is_found(matcher: Matcher, dev: list[LabelledCase]) -> None:
    rng = random.Random(7)
    assert found_again(matcher, dev, [_handed_in_again(case.text, rng) for case in dev]) >= 0.93 * len(dev)


def _handed_in_again(text: str, rng: random.Random) -> str:
    """Sentences in another order, the last one dropped, 15 of 100 words left out, in another form."""
    sentences = [part for part in re.split(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ])|\n", text) if part.strip()]
    rng.shuffle(sentences)
    kept = sentences[:-1] if len(sentences) > 3 else sentences
    words = [word for word in " ".join(kept).split() if rng.random() > 0.15]
    return f"Antragstellerin: Förderkreis e. V.\nVorhaben: {' '.join(words)}\nBankverbindung: DE00 0000 0000\nLaufzeit: ein Jahr"


def test_the_figures_on_the_page_are_those_of_the_module() -> None:
    import index.overlap
    from app.page.coverage_view import MEASURED

    told = index.overlap.__doc__ or ""
    assert "1,414 pairs" in told and "two reach it" in told and "28 do" in told
    assert "2 von 1.414" in MEASURED and "28 von 30" in MEASURED and LIKE_FROM == 0.45
