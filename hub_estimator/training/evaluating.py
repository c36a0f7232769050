"""Evaluates checkpoints, and gives each evaluation to the exporters."""

import contextlib
import logging
import os
from collections.abc import Callable, Sequence

from hub_estimator import inputs
from hub_estimator.model_dir import checkpoints
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import (
  estimator_internals,
  read_eval_metrics,
  tf,
)
from hub_estimator.training.evaluation_graph import evaluate_in
from hub_estimator.training.job import Job
from hub_estimator.training.shared_graphs import evaluation_graph

_log = logging.getLogger(__name__)
InputFn = Callable[[], tf.data.Dataset]


class Evaluator:
  """Evaluates a job's checkpoints in one graph, and exports them.

  Attributes:
    input_fn: of evaluation, for Estimator's own loop.
    hooks: of the user's, in each evaluation.
    exporters: are called after each evaluation.
  """

  def __init__(self, job: Job, exporters: Sequence[tf_estimator.Exporter]):
    """Makes the job's Estimator evaluate in one graph.

    Args:
      job: whose checkpoints are evaluated.
      exporters: are called after each evaluation.
    """
    self._estimator = job.estimator
    self.hooks = list(job.experiment.eval_hooks)
    self.exporters = exporters
    self.input_fn: InputFn = inputs.make_eval_input_fn(
      job.checked.eval, batch_size=job.experiment.eval_batch_size
    )
    # Before training changes it.
    config = estimator_internals.session_config(job.estimator)
    evaluate_in(
      job.estimator, lambda: evaluation_graph(job, self.input_fn), config
    )

  def evaluated_steps(self) -> set[int]:
    """Returns the steps whose evaluation is on disk."""
    return set(read_eval_metrics(self._estimator.eval_dir()))

  def waiting(self) -> list[str]:
    """Returns the checkpoints that are not evaluated yet, oldest first."""
    done = self.evaluated_steps()
    state = tf.train.get_checkpoint_state(self._estimator.model_dir)
    found = []
    for path in state.all_model_checkpoint_paths if state else []:
      with contextlib.suppress(
        ValueError, tf.errors.OpError
      ):  # Removed by now.
        if checkpoints.step_of(path) not in done:
          found.append(path)
    return found

  def evaluate(self, checkpoint: str | None = None, *, final: bool) -> None:
    """Evaluates a checkpoint and exports it, as train_and_evaluate does.

    Args:
      checkpoint: its path; None means the last.
      final: whether it is the run's last, for the exporters.
    """
    checkpoint = checkpoint or self._estimator.latest_checkpoint()
    metrics = self._estimator.evaluate(
      self.input_fn, hooks=self.hooks, checkpoint_path=checkpoint
    )
    for exporter in self.exporters:
      path = os.path.join(self._estimator.model_dir, "export", exporter.name)
      exporter.export(self._estimator, path, checkpoint, metrics, final)

  def try_evaluate(self, checkpoint: str, *, final: bool) -> bool:
    """Does what `evaluate` does; returns False if training removes the checkpoint."""
    try:
      self.evaluate(checkpoint, final=final)
    except (ValueError, tf.errors.OpError):
      if tf.train.checkpoint_exists(checkpoint):
        raise
      _log.warning(
        "%s was removed before it was evaluated: evaluation is slower than "
        "training, or run.keep_checkpoints is too small.",
        os.path.basename(checkpoint),
      )
      return False
    return True

  def export_final(self) -> None:
    """Calls the exporters that wait for the last checkpoint, evaluated before."""
    checkpoint = self._estimator.latest_checkpoint()
    evaluations = read_eval_metrics(self._estimator.eval_dir())
    for exporter in self.exporters:
      if getattr(exporter, "wants_final", False):
        path = os.path.join(self._estimator.model_dir, "export", exporter.name)
        metrics = evaluations.get(checkpoints.step_of(checkpoint), {})
        exporter.export(self._estimator, path, checkpoint, metrics, True)
