"""Reports the progress of training."""

import time
from collections.abc import Callable
from typing import Any

from hub_estimator import progress
from hub_estimator.tensorflow_runtime import estimator, tf


class ProgressHook(estimator.SessionRunHook):
  """Reports step and loss to `hub_estimator.progress` now and then."""

  def __init__(
    self,
    max_steps: int,
    *,
    clock: Callable[[], float] = time.monotonic,
    every_secs: float = 0.5,
  ):
    """Makes the hook.

    Args:
      max_steps: the global step at which training ends.
      clock: returns seconds.
      every_secs: seconds between two reports.
    """
    self._max_steps = max_steps
    self._clock = clock
    self._every_secs = every_secs

  def begin(self) -> None:
    self._step = tf.train.get_global_step()
    # Estimator adds the step's loss last, and fetches it at each step anyway.
    losses = tf.get_collection(tf.GraphKeys.LOSSES)
    self._loss = losses[-1:]
    self._last_loss: list[Any] = []

  def after_create_session(self, session: tf.Session, coord: Any) -> None:
    del coord
    self._report(int(session.run(self._step)))

  def before_run(
    self, run_context: estimator.SessionRunContext
  ) -> estimator.SessionRunArgs:
    del run_context
    return estimator.SessionRunArgs([self._step, self._loss])

  def after_run(
    self,
    run_context: estimator.SessionRunContext,
    run_values: estimator.SessionRunValues,
  ) -> None:
    del run_context
    step, self._last_loss = run_values.results
    if self._clock() - self._reported >= self._every_secs:
      self._report(int(step))

  def end(self, session: tf.Session) -> None:
    self._report(int(session.run(self._step)))

  def _report(self, step: int) -> None:
    self._reported = self._clock()
    values = {}
    if self._last_loss:
      values["loss"] = float(self._last_loss[0])
    progress.report("training", step, self._max_steps, values=values)
