from __future__ import annotations

import json
import math

import numpy as np
import pytest

from index.calibration import Calibration, Curve, default_calibration, margins, score_features


def test_a_curve_is_the_logistic_function() -> None:
    # By hand: bias 0 → 1/2; weight 1, feature ln 3 → 3/4.
    probabilities = Curve((1.0,), 0.0)(np.array([[0.0], [math.log(3.0)]]))
    np.testing.assert_allclose(probabilities, [0.5, 0.75])


def test_extreme_scores_stay_probabilities() -> None:
    probabilities = Curve((1e6,), 0.0)(np.array([[1e6], [-1e6]]))
    assert 0.0 < probabilities[1] < probabilities[0] <= 1.0


def test_fitted_probabilities_match_the_frequencies() -> None:
    features = np.repeat([[0.0], [1.0]], 200, axis=0)
    truths = [n < 20 for n in range(200)] + [n < 160 for n in range(200)]
    low, high = Curve.fit(features, truths, strength=1e6)(np.array([[0.0], [1.0]]))
    assert low == pytest.approx(0.1, abs=0.01) and high == pytest.approx(0.8, abs=0.01)


def test_one_outcome_alone_cannot_be_calibrated() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        Curve.fit(np.zeros((3, 1)), [True, True, True])


def test_margins_are_leads_over_the_next_best() -> None:
    np.testing.assert_allclose(margins(np.array([[3.0, 1.0, 2.5]])), [[0.5, -2.0, -0.5]])
    np.testing.assert_allclose(margins(np.array([[3.0]])), [[0.0]])


def test_score_features_are_score_margin_and_lead() -> None:
    features = score_features(np.array([[3.0, 1.0]]), np.array([[0.5, 2.0]]))
    np.testing.assert_allclose(features, [[[3.0, 2.0, 1.0], [1.0, -2.0, -1.0]]])


def test_a_calibration_survives_json() -> None:
    record = json.loads(json.dumps(default_calibration(100).to_json()))
    assert Calibration.from_json(record) == default_calibration(100)
