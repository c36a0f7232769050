"""Checks that a run's parts are what they must be, by their gin names."""

from collections.abc import Sequence
from typing import Any

from hub_estimator.errors import UserError

# (field, how gin names the part, the methods that it must have)
_PARTS = (
  ("encoder", "@encoder() or one of @encoders", ("applications", "combine")),
  ("head", "one of @heads", ("build", "check_labels")),
  ("optimizer", "one of @optimizers", ("build", "learning_rate")),
  ("train_input", "one of @inputs", ("read",)),
  ("eval_input", "one of @inputs", ("read",)),
  ("top", "one of @tops", ("build",)),
)


def check_parts(run: Any) -> None:
  """Raises a UserError if a part lacks a method, or was passed uncalled.

  Args:
    run: an `Experiment`.
  """
  for name, kind, methods in _PARTS:
    value = getattr(run, name)
    if isinstance(value, type) or not all(hasattr(value, m) for m in methods):
      raise UserError(
        f"run.{name} is {value!r}; it must be {kind}, called: {kind.split()[-1]}"
        + ("." if kind.endswith("()") else ".<name>().")
      )


def check_metrics(metrics: Any) -> None:
  """Raises a UserError unless `metrics` is a list of metrics.

  Args:
    metrics: of an `Experiment`.
  """
  if isinstance(metrics, str) or not isinstance(metrics, Sequence):
    raise UserError(
      f"run.metrics is {metrics!r}; it must be a list of metrics."
    )
  for metric in metrics:
    if isinstance(metric, type) or not hasattr(metric, "build"):
      raise UserError(
        f"run.metrics has {metric!r}; it must be a list of metrics, called: "
        "[@metrics.<name>()]."
      )


def check_bool(value: Any, name: str) -> None:
  """Raises a UserError unless `value` is True or False.

  Args:
    value: of a field.
    name: gin's name of the field.
  """
  if not isinstance(value, bool):
    raise UserError(f"{name} is {value!r}; it must be True or False.")
