"""Trains beside the workers of a cluster, and writes the checkpoints."""

from hub_estimator import cluster
from hub_estimator.training.chief_hooks import make_chief_hooks
from hub_estimator.training.cluster_hooks import ChiefHook
from hub_estimator.training.job import Job
from hub_estimator.training.preemption import Preempted
from hub_estimator.training.server import running_server


def train_as_chief(job: Job, status: cluster.StatusFiles) -> None:
  """Trains beside the workers, and writes checkpoints; evaluates nothing.

  Args:
    job: to train.
    status: of the cluster's members.

  Raises:
    RunFailed: a worker's training failed.
    Preempted: a signal ended training; a checkpoint is written.
  """
  if not job.is_over():
    job.accelerate()
    with running_server(job.estimator):
      try:
        status.wait_for_servers()
        job.estimator.train(
          job.make_train_input_fn(),
          max_steps=job.experiment.max_steps,
          hooks=[*make_chief_hooks(job), ChiefHook(status)],
        )
      except Preempted:
        status.write(cluster.PREEMPTED)
        raise
  status.write(cluster.ENDED, step=job.last_step())
