"""Stops training when a metric no longer improves."""

from collections.abc import Mapping
from typing import Any

from hub_estimator.experiments import EarlyStopping
from hub_estimator.model_dir import results
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics, tf


def has_stalled(
  evaluations: Mapping[int, Mapping[str, float]], stopping: EarlyStopping
) -> bool:
  """Returns whether a metric has not improved for the steps of patience.

  Args:
    evaluations: metrics by step, in order; those without the metric, and those
      before `stopping.min_steps`, don't count.
    stopping: the metric and the patience.
  """
  smaller = stopping.smaller_is_better
  if smaller is None:
    smaller = results.is_better_smaller(stopping.metric)
  best, best_step = -float("inf"), None
  for step, metrics in evaluations.items():
    if step < stopping.min_steps or stopping.metric not in metrics:
      continue
    value = metrics[stopping.metric] * (-1 if smaller else 1)
    if best_step is None or value > best:
      best, best_step = value, step
    if step - best_step >= stopping.patience_steps:
      return True
  return False


class EarlyStoppingHook(estimator.SessionRunHook):
  """Stops training once an evaluation shows that the metric has stalled.

  Unlike tf.estimator's hook, it keeps nothing in the checkpoint: that hook's stop
  variable makes a resumed run stop at its first step, and a checkpoint written
  without it can't be resumed with it.
  """

  def __init__(
    self,
    eval_dir: str,
    stopping: EarlyStopping,
    *,
    every_steps: int,
    steps_per_run: int = 1,
  ):
    """Makes the hook.

    Args:
      eval_dir: where evaluations write their events.
      stopping: the metric and the patience.
      every_steps: reads the evaluations at multiples of this step.
      steps_per_run: the most steps in one `session.run`.
    """
    self._eval_dir = eval_dir
    self._stopping = stopping
    self._every_steps = every_steps
    self._steps_per_run = steps_per_run

  def begin(self) -> None:
    self._step = tf.train.get_global_step()

  def after_create_session(self, session: tf.Session, coord: Any) -> None:
    del coord
    self._read_at = session.run(self._step) // self._every_steps

  def before_run(
    self, run_context: estimator.SessionRunContext
  ) -> estimator.SessionRunArgs:
    del run_context
    return estimator.SessionRunArgs(self._step)

  def after_run(
    self,
    run_context: estimator.SessionRunContext,
    run_values: estimator.SessionRunValues,
  ) -> None:
    # A fetch beside the train op gives the step before or after it; with other
    # workers, the step advances in strides.
    most = run_values.results + self._steps_per_run
    if most // self._every_steps <= self._read_at:
      return
    now = run_context.session.run(self._step) // self._every_steps
    if now > self._read_at:
      self._read_at = now
      if has_stalled(read_eval_metrics(self._eval_dir), self._stopping):
        run_context.request_stop()
