"""What the predictions of a run show, as plain values: report.json holds them."""

import dataclasses
from typing import Any

import numpy as np

from hub_estimator import runs
from hub_estimator.pages import mistakes, scores

# A matrix of more classes can't be read; the page then shows the most confused ones.
_MOST_CLASSES = 20
_MOST_PAIRS = 20
_BARS = 21
_EXAMPLES = 4


def find(evidence: runs.Evidence) -> dict[str, Any]:
  """Returns scores, curves and mistakes by name.

  Args:
    evidence: of a run.
  """
  common: dict[str, Any] = {
    "kind": evidence.kind,
    "rows": len(evidence.rows),
    "total": evidence.total,
    "examples": mistakes.show(
      evidence, range(min(_EXAMPLES, len(evidence.rows)))
    ),
  }
  if evidence.kind == runs.NUMBER:
    return common | _of_numbers(evidence)
  return common | _of_classes(evidence)


def _of_numbers(evidence: runs.Evidence) -> dict[str, Any]:
  labels, predicted = evidence.labels, evidence.scores
  measures: dict[str, scores.Measure] = {
    "mean absolute error": lambda y, p: float(np.abs(p - y).mean()),
    "root mean squared error": lambda y, p: float(
      np.sqrt(((p - y) ** 2).mean())
    ),
    "R²": _explained,
  }
  residuals = predicted - labels
  counts, edges = np.histogram(residuals, _BARS)
  return {
    "scores": _as_values(scores.bootstrap(measures, labels, predicted)),
    "residuals": [
      (float(edges[i]), float(edges[i + 1]), int(n))
      for i, n in enumerate(counts)
    ],
    "points": np.stack([labels, predicted], axis=1).tolist(),
    "mistakes": _as_list(mistakes.worst(evidence, predicted)),
  }


def _explained(labels: np.ndarray, predicted: np.ndarray) -> float:
  """Returns R²; NaN if all labels are equal."""
  spread = float(((labels - labels.mean()) ** 2).sum())
  if not spread:
    return float("nan")
  return 1 - float(((predicted - labels) ** 2).sum()) / spread


def _of_classes(evidence: runs.Evidence) -> dict[str, Any]:
  count = len(evidence.classes)
  labels, probabilities = evidence.labels, evidence.scores
  if evidence.kind == runs.BINARY:
    predicted = (probabilities[:, 1] > evidence.threshold).astype(np.int64)
  else:
    predicted = probabilities.argmax(axis=1)
  # [rows, 2]: of the predicted class, and its probability.
  both = np.stack([predicted, probabilities[:, -1]], axis=1)
  measures: dict[str, scores.Measure] = {
    "accuracy": lambda y, p: float((y == p[:, 0]).mean()),
    "macro F1": lambda y, p: scores.macro_f1(
      y, p[:, 0].astype(np.int64), count
    ),
  }
  found: dict[str, Any] = {}
  if count == 2:
    measures["area below the ROC curve"] = lambda y, p: scores.auc(
      y == 1, p[:, 1]
    )
    is_positive = labels == 1
    if is_positive.any() and not is_positive.all():
      found["roc"] = _pairs(*scores.roc(is_positive, probabilities[:, 1]))
      found["precision_recall"] = _pairs(
        *scores.precision_recall(is_positive, probabilities[:, 1])
      )
  matrix = scores.confusion(labels, predicted, count)
  confidence = probabilities[np.arange(len(predicted)), predicted]
  return {
    "scores": _as_values(scores.bootstrap(measures, labels, both)),
    "classes": _by_class(evidence.classes, matrix),
    "confusion": matrix.tolist() if count <= _MOST_CLASSES else None,
    "confused": _confused(evidence.classes, matrix),
    "calibration": scores.calibration(predicted == labels, confidence),
    **found,
    "mistakes": _as_list(mistakes.worst(evidence, predicted)),
  }


def _by_class(
  names: tuple[str, ...], matrix: np.ndarray
) -> list[dict[str, Any]]:
  """Returns precision and recall of each class; None where there is no example."""
  found = []
  for i, name in enumerate(names):
    hits, true, predicted = matrix[i, i], matrix[i].sum(), matrix[:, i].sum()
    found.append(
      {
        "name": name,
        "examples": int(true),
        "recall": float(hits / true) if true else None,
        "precision": float(hits / predicted) if predicted else None,
      }
    )
  return found


def _confused(
  names: tuple[str, ...], matrix: np.ndarray
) -> list[dict[str, Any]]:
  """Returns the pairs of classes that are confused most often."""
  wrong = matrix - np.diag(np.diag(matrix))
  order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_PAIRS]
  places = [divmod(int(place), len(names)) for place in order]
  return [
    {"true": names[i], "predicted": names[j], "count": int(wrong[i, j])}
    for i, j in places
    if wrong[i, j]
  ]


def _pairs(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
  return np.stack([x, y], axis=1).tolist()


def _as_values(found: dict[str, scores.Score]) -> dict[str, dict[str, float]]:
  return {name: dataclasses.asdict(score) for name, score in found.items()}


def _as_list(found: list[mistakes.Mistake]) -> list[dict[str, Any]]:
  return [dataclasses.asdict(mistake) for mistake in found]
