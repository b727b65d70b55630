"""Thresholds are chosen where they help, and `decide` is what the matcher does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.action_text import thresholds_table
from app.settings import Settings, load_settings
from app.thresholds import tune_thresholds, write_thresholds
from data.catalogue import Catalogue
from eval.run import CrossFitted
from eval.thresholds import Judged, decide, judge, quality, tune
from index.decision import Thresholds
from index.matcher import Matcher
from index.texts import Corpus, corpus_of
from tests.fakes import WordEncoder
from tests.test_evaluation import BACKGROUND, build, case, cases, encoder, labelled_file, settings

__all__ = ["build", "encoder", "labelled_file", "settings"]  # fixtures


@pytest.mark.parametrize(
    "thresholds",
    [
        Thresholds(),
        Thresholds(suggest=0.05, suggest_citywide=0.05, any_goal=0.05, any_area_goal=0.05),
        Thresholds(any_goal=0.95),
        Thresholds(any_area_goal=0.95),
    ],
)
def test_what_is_decided_here_is_what_the_matcher_answers(
    small: Catalogue, build: Callable[[Corpus], Matcher], thresholds: Thresholds
) -> None:
    corpus = corpus_of(small, BACKGROUND, cases())
    built = build(corpus)
    matcher = Matcher(small, built.index, built.encoder, thresholds)
    texts = [*(item.text for item in cases()), "???", "Radweg zur Schule für alle in der Stadt"]
    new = [case(f"x{number}", f"{text} ." * 2, style="none") for number, text in enumerate(texts)]
    for judged in judge(CrossFitted(matcher, corpus, build), new):
        decision, answer = decide(judged, thresholds), matcher.match(judged.case.text)
        assert decision.no_goal == answer.no_goal
        assert decision.suggested == {hit.id for hit in answer.goals if hit.suggested}
        assert decision.citywide == {hit.id for hit in answer.citywide if hit.suggested}


def judged(primary: str | None, p_rad: float, p_any: float, **more: object) -> Judged:
    goals = sorted((("rad", p_rad), ("schule", 0.3)), key=lambda pair: -pair[1])
    labelled = replace(case("1", "a", primary, style="short" if primary else "none"), **more)  # type: ignore[arg-type]
    return Judged(labelled, tuple(goals), (("S", 0.1),), max(p_any, 0.6), p_any)


def test_the_refusal_is_set_where_fewest_texts_go_wrong() -> None:
    dev = [judged("rad", 0.9, 0.4)] * 5 + [judged(None, 0.2, 0.2)] * 3
    before, after = Thresholds(), tune(dev, Thresholds())
    assert quality(dev, before).kept == 0.0
    assert (quality(dev, after).kept, quality(dev, after).found) == (1.0, 1.0)
    # the nearest to 0.5 that lets 0.4 pass
    assert after.any_goal == 0.4


def test_suggestions_are_cut_where_they_are_right() -> None:
    dev = [judged("rad", 0.9, 0.9)] * 5  # schule at 0.3 is never right
    assert decide(dev[0], Thresholds(suggest=0.2)).suggested == {"rad", "schule"}
    assert tune(dev, Thresholds(suggest=0.2)).suggest == 0.35


def test_thresholds_that_cannot_be_bettered_stay() -> None:
    dev = [judged("rad", 0.9, 0.9)] * 5 + [judged(None, 0.2, 0.1)] * 3
    fitting = Thresholds(suggest=0.35)
    assert tune(dev, fitting) == fitting


def test_the_whole_tuning_reports_dev_and_test(
    settings: Settings, labelled_file: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    tuned = tune_thresholds(settings, labelled_file, lambda _: None, encoder=encoder, home=tmp_path / "home")
    assert tuned.test is not None
    assert (tuned.dev.n, tuned.test.n) == (2, 13)
    assert "test, nur gemessen (13 Fälle)" in thresholds_table(tuned)


def test_written_thresholds_are_settings_and_leave_the_others_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("# unsere Stadt\nmodel: isek-de\nsuggest_from: 0.5\n", encoding="utf-8")
    write_thresholds(Thresholds(suggest=0.25, any_goal=0.4), path)
    loaded = load_settings(path)
    assert (loaded.suggest_from, loaded.no_goal_below, loaded.model) == (0.25, 0.4, "isek-de")
    assert path.read_text("utf-8").startswith("# unsere Stadt\n")
    write_thresholds(Thresholds(), path)
    assert path.read_text("utf-8").count("suggest_from") == 1
