"""The charts of a run's page."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from hub_estimator import runs
from hub_estimator.model_dir import headline
from hub_estimator.pages import charts

_MOST_CURVES = 6
_MOST_POINTS = 1000
_UNIT = (0.0, 1.0)


def learning_curves(
  evaluations: Mapping[int, Mapping[str, Any]],
) -> Iterator[tuple[str, Markup]]:
  """Yields (metric, chart) of the metrics that a person reads first.

  Args:
    evaluations: metrics by step.
  """
  steps = sorted(evaluations)
  if not steps:
    return
  for name in list(headline(evaluations[steps[-1]]))[:_MOST_CURVES]:
    points = [
      (float(step), float(evaluations[step][name]))
      for step in steps
      if isinstance(evaluations[step].get(name), float | int)
    ]
    yield (
      name,
      charts.lines(
        points,
        x_title="optimizer steps",
        y_title="",
        title=f"{name} by step",
        dots=len(points) <= 30,
      ),
    )


def prediction_charts(
  findings: Mapping[str, Any],
) -> Iterator[tuple[str, Markup]]:
  """Yields (heading, chart) of what predictions show.

  Args:
    findings: see `findings.find`.
  """
  if findings["kind"] == runs.NUMBER:
    yield from _of_numbers(findings)
    return
  if "roc" in findings:
    yield (
      "ROC curve",
      charts.lines(
        findings["roc"],
        x_title="false positive rate",
        y_title="true positive rate",
        title="ROC curve",
        x_range=_UNIT,
        y_range=_UNIT,
        diagonal=True,
      ),
    )
    yield (
      "Precision and recall",
      charts.lines(
        findings["precision_recall"],
        x_title="recall",
        y_title="precision",
        title="Precision by recall",
        x_range=_UNIT,
        y_range=_UNIT,
      ),
    )
  yield (
    "Calibration",
    charts.lines(
      [(confidence, right) for confidence, right, _ in findings["calibration"]],
      x_title="probability of the predicted class",
      y_title="share that is right",
      title="Share of right predictions by their probability",
      x_range=_UNIT,
      y_range=_UNIT,
      diagonal=True,
      dots=True,
    ),
  )


def _of_numbers(findings: Mapping[str, Any]) -> Iterator[tuple[str, Markup]]:
  yield (
    "Predicted and true",
    charts.lines(
      findings["points"][:_MOST_POINTS],
      x_title="true",
      y_title="predicted",
      title="Predicted by true numbers",
      dots=True,
      joined=False,
    ),
  )
  yield (
    "Residuals",
    charts.bars(
      findings["residuals"],
      x_title="predicted - true",
      title="Histogram of residuals",
    ),
  )
