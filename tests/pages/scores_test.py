"""Scores equal those that are computed the slow way."""

import itertools

import numpy as np
import pytest

from hub_estimator.pages import scores

pytestmark = pytest.mark.newest

LABELS = np.array([0, 1, 1, 0, 1, 0, 1, 1])
SCORES = np.array([0.1, 0.8, 0.4, 0.4, 0.9, 0.3, 0.7, 0.2])


def test_auc_is_the_share_of_pairs_in_the_right_order():
  pairs = list(itertools.product(SCORES[LABELS == 1], SCORES[LABELS == 0]))
  wanted = np.mean([(p > n) + 0.5 * (p == n) for p, n in pairs])
  assert scores.auc(LABELS == 1, SCORES) == pytest.approx(wanted)
  assert np.isnan(scores.auc(np.ones(3, bool), np.ones(3)))


def test_curves_have_the_rates_of_each_threshold():
  thresholds = np.unique(SCORES)[::-1]
  is_positive = LABELS == 1
  x, y = scores.roc(is_positive, SCORES)
  recall, precision = scores.precision_recall(is_positive, SCORES)
  for i, threshold in enumerate(thresholds):
    above = threshold <= SCORES
    share = above[is_positive].mean()
    assert recall[i] == share and y[i + 1] == share
    assert x[i + 1] == above[~is_positive].mean()
    assert precision[i] == is_positive[above].mean()
  assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
  assert len(x) == len(thresholds) + 1


def test_confusion_counts_true_by_row_and_predicted_by_column():
  labels, predicted = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 2])
  assert scores.confusion(labels, predicted, 3).tolist() == [
    [1, 1, 0],
    [0, 1, 0],
    [1, 0, 1],
  ]
  f1 = []
  for c in range(3):
    hits = ((labels == c) & (predicted == c)).sum()
    f1.append(2 * hits / ((labels == c).sum() + (predicted == c).sum()))
  # A class that is nowhere doesn't count.
  assert scores.macro_f1(labels, predicted, 4) == pytest.approx(np.mean(f1))


def test_calibration_groups_by_confidence():
  confidence = np.array([0.51, 0.55, 0.99, 1.0])
  is_right = np.array([True, False, True, True])
  assert scores.calibration(is_right, confidence) == [
    (pytest.approx(0.53), 0.5, 2),
    (pytest.approx(0.995), 1.0, 2),
  ]


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution():
  rng = np.random.default_rng(1)
  right = rng.random(2000) < 0.8
  found = scores.bootstrap(
    {"accuracy": lambda y, p: float((y == p).mean())},
    np.ones(2000),
    right.astype(float),
  )["accuracy"]
  error = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / 2000)
  assert found.value == right.mean()
  assert found.low == pytest.approx(right.mean() - error, abs=0.003)
  assert found.high == pytest.approx(right.mean() + error, abs=0.003)


def test_a_score_that_is_not_finite_is_left_out():
  found = scores.bootstrap(
    {"nan": lambda y, p: float("nan"), "one": lambda y, p: 1.0},
    np.zeros(3),
    np.zeros(3),
  )
  assert list(found) == ["one"]
