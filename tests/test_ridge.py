from __future__ import annotations

import numpy as np

from index.ridge import Ridge, folds_of, one_hot


def test_targets_sum_to_zero() -> None:
    np.testing.assert_allclose(one_hot([1, 0], 3), [[-0.5, 1.0, -0.5], [1.0, -0.5, -0.5]])


def test_the_solution_is_that_of_the_normal_equations() -> None:
    # By hand: K = I, penalty 1 → dual = Y / 2.
    ridge = Ridge(np.eye(2, dtype=np.float32), 1.0, np.array([[2.0], [4.0]]))
    np.testing.assert_allclose(ridge.dual, [[1.0], [2.0]])


def problem() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    points = random.normal(size=(12, 5))
    return (points @ points.T).astype(np.float32), random.normal(size=(12, 2))


def solved(kernel: np.ndarray, penalty: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.linalg.solve(kernel + np.diag(penalty), targets)


def test_further_rows_give_the_solution_over_all_rows() -> None:
    kernel, targets = problem()
    ridge = Ridge(kernel[:8, :8].copy(), 0.7, targets[:8])
    extended = ridge.extended(kernel[:8, 8:], kernel[8:, 8:], 0.2, targets[8:])
    expected = solved(kernel, np.array([0.7] * 8 + [0.2] * 4), targets)
    np.testing.assert_allclose(extended.dual, expected, rtol=2e-3, atol=1e-4)


def test_held_out_predictions_equal_those_of_a_model_fitted_without_the_fold() -> None:
    kernel, targets = problem()
    penalty = np.array([0.7] * 8 + [0.2] * 4)
    ridge = Ridge(kernel[:8, :8].copy(), 0.7, targets[:8])
    extended = ridge.extended(kernel[:8, 8:], kernel[8:, 8:], 0.2, targets[8:])
    held_out = extended.held_out([[0, 2], [3], []])
    assert sorted(held_out) == [0, 2, 3]
    for fold in ([0, 2], [3]):
        out = [8 + row for row in fold]
        rest = [row for row in range(12) if row not in out]
        expected = kernel[np.ix_(out, rest)] @ solved(kernel[np.ix_(rest, rest)], penalty[rest], targets[rest])
        np.testing.assert_allclose([held_out[row] for row in fold], expected, rtol=2e-3, atol=1e-3)


def test_folds_spread_every_stratum_evenly_and_lose_nothing() -> None:
    items = list(range(20))
    folds = folds_of(items, ["a"] * 10 + ["b"] * 10)
    assert sorted(item for fold in folds for item in fold) == items
    assert [sum(item < 10 for item in fold) for fold in folds] == [2, 2, 2, 2, 2]
