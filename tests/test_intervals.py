"""Intervals cover what they promise, checked by simulation; significance against known values."""

from __future__ import annotations

import numpy as np
import pytest
from pytest import approx

from eval.figures import mean, pooled_f1
from eval.intervals import bootstrap, wilson
from eval.metrics import Floats
from eval.significance import cases_needed, detectable_difference, holm, paired_permutation


def column(values: list[float]) -> Floats:
    return np.array(values, float)[:, None]


# Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I, method 3
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == (approx(low, abs=5e-5), approx(high, abs=5e-5))


def test_without_cases_there_is_no_interval() -> None:
    assert wilson(0, 0) is None
    assert bootstrap(np.zeros((0, 1)), mean) is None
    assert bootstrap(column([1.0]), mean) is None


def test_a_sample_without_spread_gets_no_bootstrap_interval_instead_of_one_of_no_width() -> None:
    assert bootstrap(column([1.0] * 50), mean) is None


def test_the_same_data_give_the_same_interval() -> None:
    data = column([1.0] * 30 + [0.0] * 10)
    assert bootstrap(data, mean) == bootstrap(data, mean)


@pytest.mark.parametrize(("share", "n"), [(0.5, 90), (0.8, 90), (0.95, 90), (0.7, 30)])
def test_bootstrap_intervals_of_a_share_cover_it_about_95_times_in_100(share: float, n: int) -> None:
    random = np.random.default_rng(7)
    covered = 0
    for trial in range(300):
        data = (random.random((n, 1)) < share).astype(float)
        low, high = bootstrap(data, mean, resamples=500, seed=trial) or wilson(float(data.sum()), n) or (0.0, 1.0)
        covered += low <= share <= high
    assert 0.915 <= covered / 300 <= 1.0


def test_bootstrap_intervals_of_a_mean_of_skewed_values_cover_it() -> None:
    # reciprocal ranks: 1 (six in ten), 1/2, 1/3, 0 → mean 0.6 + 0.1 + 0.05
    values, weights = np.array([1.0, 0.5, 1 / 3, 0.0]), [0.6, 0.2, 0.15, 0.05]
    random, covered = np.random.default_rng(11), 0
    for trial in range(300):
        low, high = bootstrap(random.choice(values, (90, 1), p=weights), mean, resamples=500, seed=trial) or (0, 0)
        covered += low <= 0.75 <= high
    assert 0.92 <= covered / 300 <= 0.985


def test_bootstrap_intervals_of_a_pooled_f1_cover_it() -> None:
    # each case: one right goal; suggested with 0.8, found among the suggested with 0.75 → F1 = 2·0.6/(0.8+1)
    random, covered = np.random.default_rng(13), 0
    for trial in range(300):
        suggested = random.random(100) < 0.8
        found = suggested & (random.random(100) < 0.75)
        data = np.stack([found, suggested, np.ones(100)], axis=1).astype(float)
        low, high = bootstrap(data, pooled_f1, resamples=500, seed=trial) or (0, 0)
        covered += low <= 2 / 3 <= high
    assert 0.92 <= covered / 300 <= 0.985


def test_the_permutation_test_of_shares_is_the_exact_mcnemar_test() -> None:
    # 6 cases only the second run has right, 1 only the first: binomial 2·(C(7,0)+C(7,1))/2^7 = 0.125
    first = column([0.0] * 6 + [1.0] + [1.0] * 20)
    second = column([1.0] * 6 + [0.0] + [1.0] * 20)
    assert paired_permutation(first, second, mean) == approx(0.125)


def test_the_random_permutation_test_comes_close_to_the_exact_one() -> None:
    # 15 against 5: exact McNemar p = 0.04139 (binomial, two-sided)
    first = column([0.0] * 15 + [1.0] * 5 + [1.0] * 30)
    second = column([1.0] * 15 + [0.0] * 5 + [1.0] * 30)
    assert paired_permutation(first, second, mean) == approx(0.0414, abs=0.006)


def test_equal_runs_have_p_1() -> None:
    assert paired_permutation(column([1.0, 0.0]), column([1.0, 0.0]), mean) == 1.0


def test_the_permutation_test_gives_false_alarms_no_more_often_than_it_says() -> None:
    random, alarms = np.random.default_rng(3), 0
    for trial in range(200):
        first, second = (random.random((60, 1)) < 0.8).astype(float), (random.random((60, 1)) < 0.8).astype(float)
        alarms += paired_permutation(first, second, mean, permutations=499, seed=trial) < 0.05
    assert alarms / 200 <= 0.09


def test_the_permutation_test_wants_the_same_cases() -> None:
    with pytest.raises(ValueError, match="same cases"):
        paired_permutation(column([1.0]), column([1.0, 0.0]), mean)


def test_holm_corrects_as_r_does() -> None:
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") → 0.03 0.06 0.06 0.02
    assert holm([0.01, 0.04, 0.03, 0.005]) == approx([0.03, 0.06, 0.06, 0.02])


def test_the_number_of_cases_needed_gives_the_promised_power() -> None:
    # of 100 cases 15 are won and 5 lost; with the number that is named, 8 of 10 simulated studies find the difference
    observed = np.array([1.0] * 15 + [-1.0] * 5 + [0.0] * 80)
    needed = cases_needed(observed)
    # Connor (1987): (1.95996·√0.2 + 0.84162·√(0.2 − 0.01))² / 0.01 = 154.6
    assert needed == 155
    random, found = np.random.default_rng(5), 0
    for _ in range(400):
        won, lost, _ = random.multinomial(needed, [0.15, 0.05, 0.8])
        found += abs(won - lost) / np.sqrt(won + lost) > 1.95996
    assert found / 400 == approx(0.8, abs=0.06)


def test_no_number_of_cases_shows_a_difference_of_zero() -> None:
    assert cases_needed(np.array([1.0, -1.0, 0.0])) is None
    assert detectable_difference(np.zeros(10)) is None


def test_the_detectable_difference_shrinks_with_the_root_of_the_cases() -> None:
    few, many = np.array([1.0, -1.0] + [0.0] * 8), np.array(([1.0, -1.0] + [0.0] * 8) * 100)
    assert detectable_difference(many) == approx((2.80159 * np.sqrt(0.2 / 1000)), abs=1e-5)
    assert (detectable_difference(few) or 0) > (detectable_difference(many) or 0)


def test_the_interval_of_a_difference_that_rests_on_three_cases_holds_0() -> None:
    # 3 of 136 cases gained, none lost: the exact test says p = 0.25, so 0 must not lie outside
    differences = column([1.0] * 3 + [0.0] * 133)
    low, high = bootstrap(differences, mean, corrected=False) or (1.0, 0.0)
    assert low == 0.0
    assert high == approx(7 / 136, abs=0.008)
