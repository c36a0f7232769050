"""Evaluates and exports the checkpoints of a cluster."""

from collections.abc import Sequence

from hub_estimator import cluster
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.training.evaluating import Evaluator
from hub_estimator.training.job import Job


def evaluate_checkpoints(
  job: Job,
  exporters: Sequence[tf_estimator.Exporter],
  status: cluster.StatusFiles,
) -> None:
  """Evaluates and exports each checkpoint, until the chief has ended.

  Checkpoints that appeared while this process was away are evaluated too, the oldest
  first, if they are still kept.

  Args:
    job: to evaluate; its Estimator belongs to this process alone.
    exporters: are called after each evaluation.
    status: of the cluster's members.

  Raises:
    RunFailed: the chief's training failed.
  """
  (chief,) = status.task.others(cluster.CHIEF)
  evaluator = Evaluator(job, exporters)
  exported = False
  while True:
    # Asked before the files are listed, so that the last checkpoint is among them.
    over = job.is_over() or status.is_in(chief, cluster.ENDED)
    newest = job.estimator.latest_checkpoint()
    waiting = evaluator.waiting()
    if waiting:
      last = over and len(waiting) == 1
      done = evaluator.try_evaluate(waiting[0], final=last)
      exported = done and last
    elif over:
      break
    else:
      _wait_for_checkpoint(job, newest, status, chief)
  if not exported:
    # The last one was evaluated before it was known to be the last.
    evaluator.export_final()
  status.write(cluster.ENDED)


def _wait_for_checkpoint(
  job: Job,
  newest: str | None,
  status: cluster.StatusFiles,
  chief: cluster.Task,
) -> None:
  """Waits without reading all evaluations, as `Evaluator.waiting` does."""
  status.wait(
    lambda: (
      job.estimator.latest_checkpoint() != newest
      or status.is_in(chief, cluster.ENDED)
    )
  )
