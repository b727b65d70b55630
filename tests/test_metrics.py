"""Each measure against a worked example from its source; the empty cases as they are defined."""

from __future__ import annotations

import numpy as np
import pytest
from pytest import approx

from eval import metrics
from eval.figures import pooled_f1, pooled_precision, pooled_recall


def test_hit_counts_a_relevant_id_among_the_first_k() -> None:
    assert metrics.hit_at(["a", "b", "c"], {"b"}, 1) == 0.0
    assert metrics.hit_at(["a", "b", "c"], {"b"}, 2) == 1.0


def test_mean_reciprocal_rank_of_the_wikipedia_example_is_11_18ths() -> None:
    # https://en.wikipedia.org/wiki/Mean_reciprocal_rank: cat → cats (rank 3), torus → tori (2), virus → viruses (1)
    queries = [
        (["catten", "cati", "cats"], "cats"),
        (["torii", "tori", "toruses"], "tori"),
        (["viruses", "virii", "viri"], "viruses"),
    ]
    ranks = [metrics.reciprocal_rank(ranked, {right}) for ranked, right in queries]
    assert sum(rank or 0.0 for rank in ranks) / 3 == approx(11 / 18)


def test_reciprocal_rank_beyond_the_cut_is_0_and_not_left_out() -> None:
    assert metrics.reciprocal_rank(["a", "b", "c"], {"c"}, k=2) == 0.0


def test_ndcg_of_the_wikipedia_example_is_0_785() -> None:
    # https://en.wikipedia.org/wiki/Discounted_cumulative_gain: D1…D6 = 3,2,3,0,1,2; D7 = 3 and D8 = 2 not retrieved
    grades = {"D1": 3.0, "D2": 2.0, "D3": 3.0, "D4": 0.0, "D5": 1.0, "D6": 2.0, "D7": 3.0, "D8": 2.0}
    ranked = ["D1", "D2", "D3", "D4", "D5", "D6"]
    assert metrics.dcg([grades[item] for item in ranked]) == approx(6.861, abs=5e-4)
    assert metrics.ndcg_at(ranked, grades, 6) == approx(0.785, abs=5e-4)


def test_ndcg_prefers_the_primary_before_the_secondary() -> None:
    grades = {"best": 2.0, "also": 1.0}
    assert metrics.ndcg_at(["best", "also"], grades, 5) == 1.0
    # by hand: (1/log2(2) + 2/log2(3)) / (2/log2(2) + 1/log2(3)) = 2.26186 / 2.63093
    assert metrics.ndcg_at(["also", "best"], grades, 5) == approx(0.85972, abs=1e-5)


def test_pooled_precision_recall_and_f1_by_hand() -> None:
    # Two texts: 3 hits of 4 suggested and 5 right, 0 of 1 and 1; pooled 3 of 5 and 6: P = 3/5, R = 3/6, F1 = 2·3/(5+6).
    columns = np.array([[3.0, 4.0, 5.0], [0.0, 1.0, 1.0]])
    assert pooled_precision(columns) == approx(0.6)
    assert pooled_recall(columns) == approx(0.5)
    assert pooled_f1(columns) == approx(6 / 11)


def test_pooled_figures_of_nothing_are_no_number() -> None:
    nothing = np.zeros((3, 3))
    assert all(np.isnan(figure(nothing)) for figure in (pooled_precision, pooled_recall, pooled_f1))
    assert pooled_f1(np.array([[0.0, 0.0, 2.0]])) == 0.0


def test_recall_at_k_counts_each_relevant_id_once() -> None:
    assert metrics.recall_at(["a", "b", "c", "d"], ["b", "d"], 3) == 0.5


def test_auroc_of_the_scikit_learn_example_is_0_75() -> None:
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html (first form of its guide)
    assert metrics.auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75


def test_auroc_counts_ties_half() -> None:
    assert metrics.auroc([0.5, 0.5], [0, 1]) == 0.5


def test_brier_of_the_scikit_learn_example_is_0_0375() -> None:
    # https://scikit-learn.org/stable/modules/generated/sklearn.metrics.brier_score_loss.html
    assert metrics.brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0]) == approx(0.0375)


def test_calibration_error_of_the_torchmetrics_example_is_0_29() -> None:
    # https://lightning.ai/docs/torchmetrics/stable/classification/calibration_error.html, n_bins=2, norm="l1"
    assert metrics.expected_calibration_error([0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], 2) == approx(0.29)


def test_reliability_names_the_bins_with_cases_only() -> None:
    low, high = metrics.reliability([0.05, 0.1, 0.95], [0, 0, 1])
    assert (low.low, low.high, low.n, low.frequency) == (0.0, 0.1, 2, 0.0)
    assert low.confidence == approx(0.075)
    assert (high.low, high.high, high.n, high.frequency) == (0.9, 1.0, 1, 1.0)


def test_even_perfect_probabilities_show_a_calibration_error_with_few_cases() -> None:
    assert metrics.perfect_calibration_error([0.5] * 10) > 0.05
    assert metrics.perfect_calibration_error([0.5] * 10_000, draws=20) < 0.02


def test_risk_coverage_by_hand() -> None:
    # most certain first: right, wrong, then two answers of one confidence, one of them wrong
    points = metrics.risk_coverage([0.9, 0.8, 0.5, 0.5], [1, 0, 1, 0])
    assert [(point.threshold, point.coverage, point.risk) for point in points] == [
        (0.9, 0.25, 0.0),
        (0.8, 0.5, 0.5),
        (0.5, 1.0, 0.5),
    ]
    # AURC: 1/4 · 0 + 1/4 · 1/2 + 2/4 · 1/2
    assert metrics.area_under_risk_coverage([0.9, 0.8, 0.5, 0.5], [1, 0, 1, 0]) == approx(0.375)


def test_kappa_of_the_wikipedia_example_is_0_4() -> None:
    # https://en.wikipedia.org/wiki/Cohen's_kappa, simple example: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert metrics.cohen_kappa(first, second) == approx(0.4)


def test_nothing_is_scored_for_free() -> None:
    assert metrics.hit_at(["a"], set(), 1) is None
    assert metrics.recall_at(["a"], set(), 1) is None
    assert metrics.reciprocal_rank(["a"], set()) is None
    assert metrics.ndcg_at(["a"], {}, 5) is None
    assert metrics.ndcg_at(["a"], {"a": 0.0}, 5) is None
    assert metrics.auroc([0.1, 0.9], [1, 1]) is None
    assert metrics.auroc([], []) is None
    assert metrics.brier([], []) is None
    assert metrics.expected_calibration_error([], []) is None
    assert metrics.risk_coverage([], []) == []
    assert metrics.area_under_risk_coverage([], []) is None
    assert metrics.cohen_kappa([], []) is None
    assert metrics.cohen_kappa(["a", "a"], ["a", "a"]) is None


def test_an_empty_answer_to_a_case_with_goals_scores_0() -> None:
    assert metrics.hit_at([], {"a"}, 3) == 0.0
    assert metrics.reciprocal_rank([], {"a"}) == 0.0
    assert metrics.ndcg_at([], {"a": 2.0}, 5) == 0.0


def test_kappa_wants_as_many_answers_of_both() -> None:
    with pytest.raises(ValueError, match="got 1 and 2"):
        metrics.cohen_kappa(["a"], ["a", "b"])
