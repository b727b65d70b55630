from __future__ import annotations

import numpy as np

from index.ridge import Ridge, folds_of, one_hot


def test_targets_sum_to_zero() -> None:
    np.testing.assert_allclose(one_hot([1, 0], 3), [[-0.5, 1.0, -0.5], [1.0, -0.5, -0.5]])


def test_the_solution_is_that_of_the_normal_equations() -> None:
    # By hand: K = I, penalty 1 → dual = Y / 2.
    ridge = Ridge(np.eye(2), np.ones(2), np.array([[2.0], [4.0]]))
    np.testing.assert_allclose(ridge.dual, [[1.0], [2.0]])


def test_held_out_predictions_equal_those_of_a_model_fitted_without_the_fold() -> None:
    random = np.random.default_rng(3)
    points = random.normal(size=(12, 4))
    kernel, penalty = points @ points.T, random.uniform(0.5, 2.0, 12)
    targets = random.normal(size=(12, 2))
    held_out = Ridge(kernel.copy(), penalty, targets).held_out([[1, 4, 7], [2]])
    assert sorted(held_out) == [1, 2, 4, 7]
    for fold in ([1, 4, 7], [2]):
        rest = [row for row in range(12) if row not in fold]
        refitted = Ridge(kernel[np.ix_(rest, rest)].copy(), penalty[rest], targets[rest])
        expected = kernel[np.ix_(fold, rest)] @ refitted.dual
        np.testing.assert_allclose([held_out[row] for row in fold], expected, atol=1e-9)


def test_folds_spread_every_stratum_evenly_and_lose_nothing() -> None:
    items = list(range(20))
    folds = folds_of(items, ["a"] * 10 + ["b"] * 10)
    assert sorted(item for fold in folds for item in fold) == items
    assert [sum(item < 10 for item in fold) for fold in folds] == [2, 2, 2, 2, 2]
