"""Hooks of training that time its steps."""

import time
from typing import Any

from hub_estimator.tensorflow_runtime import estimator


class StepTimes(estimator.SessionRunHook):
  """Notes when each step ends.

  Attributes:
    ended: readings of time.monotonic(), one a step.
  """

  def __init__(self) -> None:
    self.ended: list[float] = []

  def after_run(self, run_context: Any, run_values: Any) -> None:
    del run_context, run_values
    self.ended.append(time.monotonic())


class Alternating(estimator.SessionRunHook):
  """After each stretch of the run's steps, runs the train op by itself as often.

  Attributes:
    seconds: of each stretch but the first: "ours" are the run's steps, "bare" those
      of `session.run(train_op)` in the same session.
  """

  def __init__(self, stretch: int) -> None:
    """Makes the hook.

    Args:
      stretch: steps.
    """
    self._stretch = stretch
    self.seconds: dict[str, list[float]] = {"ours": [], "bare": []}

  def begin(self) -> None:
    self._count = 0
    self._started: float | None = None

  def before_run(self, run_context: Any) -> None:
    # Estimator itself fetches [train op, loss].
    self._train_op = run_context.original_args.fetches[0]

  def after_run(self, run_context: Any, run_values: Any) -> None:
    del run_values
    self._count += 1
    if self._count % self._stretch:
      return
    ended = time.monotonic()
    for _ in range(self._stretch):
      run_context.session.run(self._train_op)
    if self._started is not None:
      self.seconds["ours"].append(ended - self._started)
      self.seconds["bare"].append(time.monotonic() - ended)
    self._started = time.monotonic()
