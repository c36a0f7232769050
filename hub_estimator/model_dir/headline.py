"""The metrics that a person reads first."""

import numbers
from collections.abc import Mapping
from typing import Any

# Estimator also evaluates means of its inputs, and counts; none says how good a
# model is.
_NOT_SCORES = (
  "global_step",
  "label/mean",
  "prediction/mean",
  "accuracy_baseline",
)
_FIRST = (
  "accuracy",
  "f1",
  "top_",
  "auc",
  "precision",
  "recall",
)
_LAST = ("average_loss", "loss", "regularization_loss")


def headline(metrics: Mapping[str, Any]) -> dict[str, float]:
  """Returns the scores among metrics, the most telling ones first.

  Accuracy comes first and losses last. Of a run with several heads, a metric is named
  "accuracy/<head>"; those of one kind stay together.

  Args:
    metrics: of an evaluation, by name; pictures are left out.
  """
  scores = {
    name: float(value)
    for name, value in metrics.items()
    if isinstance(value, numbers.Real) and not name.startswith(_NOT_SCORES)
  }
  return {name: scores[name] for name in sorted(scores, key=_place)}


def _place(name: str) -> tuple[int, str]:
  kind = name.split("/")[0]
  for place, prefix in enumerate(_FIRST):
    if kind.startswith(prefix):
      return place, name
  if kind in _LAST:
    return len(_FIRST) + 1 + _LAST.index(kind), name
  return len(_FIRST), name
