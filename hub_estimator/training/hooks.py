"""What a run hangs into Estimator: progress line, early end, evaluations."""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from hub_estimator import cluster
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics, tf
from hub_estimator.training.preemption import Preempted, Preemption

_log = logging.getLogger(__name__)
# How often the members of a cluster look at each other's words.
_LOOK_SECS = 1.0


class ProgressHook(estimator.SessionRunHook):
  """Keeps one line on a terminal: step, steps/s and time left.

  Writes nothing where the stream isn't a terminal.
  """

  def __init__(
    self,
    max_steps: int,
    *,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
    every_secs: float = 0.5,
  ):
    """Makes the hook.

    Args:
      max_steps: the global step at which training ends.
      stream: where to write; None means standard error.
      clock: seconds.
      every_secs: seconds between two writings.
    """
    self._max_steps = max_steps
    self._stream = stream or sys.stderr
    self._clock = clock
    self._every_secs = every_secs
    self._on = self._stream.isatty()

  def begin(self):
    self._step = tf.train.get_global_step()

  def after_create_session(self, session, coord):
    del coord
    self._started = self._written = self._clock()
    self._first = session.run(self._step)

  def before_run(self, run_context):
    if not self._on:
      return None
    return estimator.SessionRunArgs(self._step)

  def after_run(self, run_context, run_values):
    if not self._on:
      return
    now = self._clock()
    if now - self._written < self._every_secs:
      return
    self._written = now
    step = int(run_values.results)
    rate = max(step - self._first, 1) / max(now - self._started, 1e-9)
    left = (self._max_steps - step) / rate
    self._stream.write(
      f"\r\x1b[Kstep {step} of {self._max_steps}, {rate:.1f} steps/s, "
      f"{_clock_text(left)} left"
    )
    self._stream.flush()

  def end(self, session):
    if self._on:
      self._stream.write("\r\x1b[K")
      self._stream.flush()


class CheckpointHook(estimator.CheckpointSaverHook):
  """Saves as Estimator does, but at multiples, and when a signal asks for it.

  What training starts with isn't saved: it can be made again, or is the last
  checkpoint, and to write it costs as much as any other. A run that goes on from a
  step between two multiples is saved, and evaluated, where an undisturbed one is. The
  graph is written once, for TensorBoard, not three times, and not as text: of a large
  module that takes longer than to build it.
  """

  def __init__(
    self,
    model_dir: str,
    *,
    every_steps: int,
    preemption: Preemption,
    steps_per_run: int = 1,
  ):
    """Makes the hook.

    Args:
      model_dir: where checkpoints are written.
      every_steps: saves at multiples of this step, and at the end.
      preemption: says when a step is under way, and whether a signal came.
      steps_per_run: the most steps of one `session.run`.
    """
    super().__init__(model_dir, save_steps=every_steps)
    self._set_steps_per_run(steps_per_run)
    self._every_steps = every_steps
    self._preemption = preemption

  def begin(self):
    super().begin()
    # As others read it: of a large graph, another read takes 0.1 s to prepare.
    self._global_step_tensor = tf.train.get_global_step()

  def after_create_session(self, session, coord):
    del coord
    self._summary_writer.add_graph(tf.get_default_graph())
    step = session.run(self._global_step_tensor)
    # Estimator's listener, which evaluates, lets the first one pass.
    for listener in self._listeners:
      listener.after_save(session, step)
    self._timer.update_last_triggered_step(step - step % self._every_steps)
    self._preemption.stepping = True

  def after_run(self, run_context, run_values):
    if self._preemption.signal is not None:
      session = run_context.session
      step = int(session.run(self._global_step_tensor))
      # Without the listeners: evaluation and export may take minutes.
      self._get_saver().save(session, self._save_path, global_step=step)
      raise Preempted(self._preemption.signal, step)
    last = self._timer.last_triggered_step()
    super().after_run(run_context, run_values)
    saved = self._timer.last_triggered_step()
    if saved != last:
      # Beside workers, steps come in strides.
      self._timer.update_last_triggered_step(saved - saved % self._every_steps)

  def end(self, session):
    super().end(session)
    self._preemption.stepping = False

  def _save(self, session, step):
    # Evaluation and export follow, which a signal may cut.
    self._preemption.stepping = False
    try:
      return super()._save(session, step)
    finally:
      self._preemption.stepping = True


class SummaryHook(estimator.SessionRunHook):
  """Writes TensorBoard's curves: at step 1, and at multiples of a step.

  TensorFlow's own takes each `session.run` for one step.
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

  def begin(self):
    self._step = tf.train.get_global_step()
    self._writer = tf.summary.FileWriterCache.get(self._model_dir)

  def after_create_session(self, session, coord):
    del coord
    (self._summaries,) = tf.get_collection(tf.GraphKeys.SUMMARY_OP)
    # TensorFlow optimizes a graph for each set of what is fetched; of a module it
    # takes seconds, and scalars cost nothing.
    self._always = all(
      summary.op.type == "ScalarSummary"
      for summary in tf.get_collection(tf.GraphKeys.SUMMARIES)
    )
    self._at = int(session.run(self._step))
    start = tf.SessionLog(status=tf.SessionLog.START)
    self._writer.add_session_log(start, self._at)

  def before_run(self, run_context):
    self._end = self._run_end(self._at)
    every = self._every_steps
    self._is_due = self._at == 0 or self._end // every > self._at // every
    if self._is_due or self._always:
      return estimator.SessionRunArgs([self._step, self._summaries])
    return estimator.SessionRunArgs([self._step])

  def after_run(self, run_context, run_values):
    step, *summaries = run_values.results
    # Beside workers, steps come in strides.
    self._at = max(self._end, int(step))
    for summary in summaries if self._is_due else ():
      self._writer.add_summary(summary, self._at)

  def end(self, session):
    self._writer.flush()


class EarlyStoppingHook(estimator.SessionRunHook):
  """Ends training when a metric of the evaluations stands still.

  Unlike tf.estimator's own, it keeps nothing in the checkpoint: that one's
  stop variable makes a resumed run stop at its first step, and keeps
  checkpoints from being resumed once early stopping is switched on.
  """

  def __init__(
    self,
    eval_dir: str,
    metric: str,
    *,
    patience_steps: int,
    min_steps: int,
    smaller_is_better: bool,
    every_steps: int,
    steps_per_run: int = 1,
  ):
    """Makes the hook.

    Args:
      eval_dir: where evaluations write their events.
      metric: the one that is watched; evaluations without it count for nothing.
      patience_steps: steps without a better value after which training ends.
      min_steps: evaluations before this step count for nothing.
      smaller_is_better: which way is better.
      every_steps: looks at the evaluations at multiples of this step.
      steps_per_run: the most steps of one `session.run`.
    """
    self._eval_dir = eval_dir
    self._metric = metric
    self._patience_steps = patience_steps
    self._min_steps = min_steps
    self._sign = -1 if smaller_is_better else 1
    self._every_steps = every_steps
    self._steps_per_run = steps_per_run

  def begin(self):
    self._step = tf.train.get_global_step()

  def after_create_session(self, session, coord):
    del coord
    self._looked = session.run(self._step) // self._every_steps

  def before_run(self, run_context):
    return estimator.SessionRunArgs(self._step)

  def after_run(self, run_context, run_values):
    # What is fetched beside the train op is the step before or after it; beside
    # workers, steps come in strides.
    most = run_values.results + self._steps_per_run
    if most // self._every_steps <= self._looked:
      return
    looked = run_context.session.run(self._step) // self._every_steps
    if looked > self._looked:
      self._looked = looked
      if self.stands_still():
        run_context.request_stop()

  def stands_still(self) -> bool:
    """Returns whether patience is at an end by the evaluations on disk."""
    best = best_step = None
    for step, metrics in read_eval_metrics(self._eval_dir).items():
      if step < self._min_steps or self._metric not in metrics:
        continue
      value = self._sign * metrics[self._metric]
      if best is None or value > best:
        best, best_step = value, step
      if step - best_step >= self._patience_steps:
        return True
    return False


class ChiefHook(estimator.SessionRunHook):
  """Tells the members of a cluster that the chief trains, and hears of failures."""

  def __init__(self, board: cluster.Board):
    """Makes the hook.

    Args:
      board: of the cluster.
    """
    self._board = board
    self._sessions = 0
    self._looked = 0.0

  def begin(self):
    self._step = tf.train.get_global_step()

  def after_create_session(self, session, coord):
    del coord
    step = int(session.run(self._step))
    self._sessions += 1
    if self._sessions > 1:
      _log.warning(
        "A parameter server was lost and came back: training goes on from the "
        "last checkpoint, at step %d.",
        step,
      )
    self._board.say(cluster.TRAINING, step=step)

  def before_run(self, run_context):
    return estimator.SessionRunArgs(self._step)

  def after_run(self, run_context, run_values):
    del run_context
    now = time.monotonic()
    if now - self._looked < _LOOK_SECS:
      return
    self._looked = now
    self._board.say(cluster.TRAINING, step=int(run_values.results))
    self._board.check_failed(self._board.task.others(cluster.WORKER))


class WorkerHook(estimator.SessionRunHook):
  """Ends a worker's training with the chief's."""

  def __init__(self, board: cluster.Board, chief: cluster.Task):
    """Makes the hook.

    Args:
      board: of the cluster.
      chief: of it.
    """
    self._board = board
    self._chief = chief
    self._looked = 0.0

  def after_run(self, run_context, run_values):
    del run_values
    now = time.monotonic()
    if now - self._looked < _LOOK_SECS:
      return
    self._looked = now
    self._board.check_failed([self._chief])
    if self._board.has_said(self._chief, cluster.ENDED):
      run_context.request_stop()


def _clock_text(seconds: float) -> str:
  minutes, secs = divmod(int(seconds + 0.5), 60)
  hours, minutes = divmod(minutes, 60)
  return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


class AfterEvaluation(estimator.Exporter):
  """Calls a function after each evaluation: Estimator has no other way."""

  name = "after_evaluation"

  def __init__(self, function: Callable[[int, Mapping[str, Any]], None]):
    """Makes one.

    Args:
      function: of the step and the metrics.
    """
    self._function = function

  def export(
    self,
    estimator,
    export_path,
    checkpoint_path,
    eval_result,
    is_the_final_export,
  ) -> None:
    del estimator, export_path, checkpoint_path, is_the_final_export
    metrics = dict(eval_result)
    self._function(int(metrics.pop("global_step")), metrics)
