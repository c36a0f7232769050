"""Writes TensorBoard's curves."""

from collections.abc import Callable
from typing import Any

from hub_estimator.tensorflow_runtime import estimator, tf


class SummaryHook(estimator.SessionRunHook):
  """Writes summaries at step 1 and at multiples of a step.

  TensorFlow's own hook counts each `session.run` as one step.
  """

  def __init__(
    self,
    model_dir: str,
    *,
    every_steps: int,
    run_end: Callable[[int], int],
  ):
    """Makes the hook.

    Args:
      model_dir: where events are written.
      every_steps: steps between two points.
      run_end: returns the step after the run that starts at a step.
    """
    self._model_dir = model_dir
    self._every_steps = every_steps
    self._run_end = run_end

  def begin(self) -> None:
    self._step = tf.train.get_global_step()
    self._writer = tf.summary.FileWriterCache.get(self._model_dir)

  def after_create_session(self, session: tf.Session, coord: Any) -> None:
    del coord
    (self._summaries,) = tf.get_collection(tf.GraphKeys.SUMMARY_OP)
    # TensorFlow optimizes the graph again for each set of fetches, which takes
    # seconds for a module; scalars cost nothing, so they are always fetched.
    self._always = all(
      summary.op.type == "ScalarSummary"
      for summary in tf.get_collection(tf.GraphKeys.SUMMARIES)
    )
    self._at = int(session.run(self._step))
    start = tf.SessionLog(status=tf.SessionLog.START)
    self._writer.add_session_log(start, self._at)

  def before_run(
    self, run_context: estimator.SessionRunContext
  ) -> estimator.SessionRunArgs:
    del run_context
    self._end = self._run_end(self._at)
    every = self._every_steps
    self._is_due = self._at == 0 or self._end // every > self._at // every
    if self._is_due or self._always:
      return estimator.SessionRunArgs([self._step, self._summaries])
    return estimator.SessionRunArgs([self._step])

  def after_run(
    self,
    run_context: estimator.SessionRunContext,
    run_values: estimator.SessionRunValues,
  ) -> None:
    del run_context
    step, *summaries = run_values.results
    # With other workers, the step advances in strides.
    self._at = max(self._end, int(step))
    for summary in summaries if self._is_due else ():
      self._writer.add_summary(summary, self._at)

  def end(self, session: tf.Session) -> None:
    del session
    self._writer.flush()
