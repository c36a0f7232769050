"""Scores of predictions: curves, matrices, and intervals by the bootstrap."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

_RESAMPLES = 500
_INTERVAL = (2.5, 97.5)  # Percentiles: 95 % of the resamples lie between.
_BINS = 10


@dataclasses.dataclass(frozen=True)
class Score:
  """A score and its 95 % interval.

  Attributes:
    value: on all rows.
    low, high: between which it lies in 95 % of bootstrap samples of the rows.
  """

  value: float
  low: float
  high: float


Measure = Callable[[np.ndarray, np.ndarray], float]


def bootstrap(
  measures: Mapping[str, Measure],
  labels: np.ndarray,
  scores: np.ndarray,
  *,
  seed: int = 0,
) -> dict[str, Score]:
  """Returns each measure with its interval; one that isn't finite is left out.

  Args:
    measures: each of (labels, scores), by name.
    labels: [rows].
    scores: [rows, ...].
    seed: of the resamples, which all measures share.
  """
  rng = np.random.default_rng(seed)
  rows = len(labels)
  drawn: dict[str, list[float]] = {name: [] for name in measures}
  for _ in range(_RESAMPLES):
    chosen = rng.integers(0, rows, rows)
    for name, measure in measures.items():
      drawn[name].append(measure(labels[chosen], scores[chosen]))
  found = {}
  for name, measure in measures.items():
    value = measure(labels, scores)
    # A resample may lack a class.
    finite = [v for v in drawn[name] if np.isfinite(v)]
    if np.isfinite(value) and finite:
      low, high = np.percentile(finite, _INTERVAL)
      found[name] = Score(float(value), float(low), float(high))
  return found


def confusion(
  labels: np.ndarray, predicted: np.ndarray, count: int
) -> np.ndarray:
  """Returns int64 [true class, predicted class]."""
  pairs = np.bincount(labels * count + predicted, minlength=count * count)
  return pairs.reshape(count, count)


def macro_f1(labels: np.ndarray, predicted: np.ndarray, count: int) -> float:
  """Returns the mean F1 over the classes that occur among labels or predictions."""
  hits = np.bincount(labels[labels == predicted], minlength=count)
  sizes = np.bincount(labels, minlength=count) + np.bincount(
    predicted, minlength=count
  )
  there = sizes > 0
  return float(np.mean(2 * hits[there] / sizes[there]))


def roc(
  is_positive: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns (false positive rate, true positive rate) at each distinct score."""
  hits, misses = _counts_above(is_positive, scores)
  return misses / max(misses[-1], 1), hits / max(hits[-1], 1)


def auc(is_positive: np.ndarray, scores: np.ndarray) -> float:
  """Returns the area below the ROC curve; NaN without both classes."""
  if is_positive.all() or not is_positive.any():
    return float("nan")
  x, y = roc(is_positive, scores)
  return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def precision_recall(
  is_positive: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns (recall, precision) at each distinct score, highest score first."""
  hits, misses = _counts_above(is_positive, scores)
  return hits[1:] / max(hits[-1], 1), hits[1:] / (hits[1:] + misses[1:])


def calibration(
  is_right: np.ndarray, confidence: np.ndarray
) -> list[tuple[float, float, int]]:
  """Returns (mean confidence, share that is right, rows) of bins of equal width."""
  bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
  return [
    (
      float(confidence[bins == i].mean()),
      float(is_right[bins == i].mean()),
      int((bins == i).sum()),
    )
    for i in range(_BINS)
    if (bins == i).any()
  ]


def _counts_above(
  is_positive: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns how many positives and negatives reach each distinct score, from 0 on."""
  order = np.argsort(-scores, kind="stable")
  hits = np.cumsum(is_positive[order])
  misses = np.cumsum(~is_positive[order])
  last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
  return np.append(0, hits[last]), np.append(0, misses[last])
