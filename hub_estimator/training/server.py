"""Holds variables as a parameter server of a cluster."""

import contextlib
import time
from collections.abc import Iterator

from hub_estimator import cluster
from hub_estimator.errors import RunFailed
from hub_estimator.experiments import Experiment
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import tf
from hub_estimator.training.job import is_over
from hub_estimator.training.preemption import Preempted

# How long the end of training waits for workers that don't report their end.
LINGER_SECS = 30.0
# How long a server that is asked to stop waits for the chief's checkpoint.
_PREEMPTION_SECS = 20.0
_POLL_SECS = 0.2


def serve_variables(
  run_estimator: tf_estimator.Estimator,
  experiment: Experiment,
  status: cluster.StatusFiles,
) -> None:
  """Holds variables until the chief has ended; TensorFlow's own server never ends.

  Args:
    run_estimator: of the run; its config holds the cluster.
    experiment: the run's definition.
    status: of the cluster's members.

  Raises:
    RunFailed: the chief's training failed.
    Preempted: a signal came; the chief has had time to save the variables.
  """
  if is_over(run_estimator, experiment):
    return
  (chief,) = status.task.others(cluster.CHIEF)
  with running_server(run_estimator):
    try:
      status.wait(lambda: status.is_in(chief, cluster.ENDED))
    except Preempted:
      # A scheduler signals all members at once, and the chief saves what lies here.
      _wait_for_checkpoint(status, chief)
      raise
    except RunFailed:
      _wait_for_workers(status)
      raise
    _wait_for_workers(status)


@contextlib.contextmanager
def running_server(run_estimator: tf_estimator.Estimator) -> Iterator[None]:
  """Runs this task's server; TensorFlow can't stop one before the process ends.

  Args:
    run_estimator: of the run; its config holds the cluster.
  """
  config = run_estimator.config
  server = config.master and tf.train.Server(
    config.cluster_spec,
    job_name=config.task_type,
    task_index=config.task_id,
    config=config.session_config,
  )
  yield
  del server


def _wait_for_checkpoint(
  status: cluster.StatusFiles, chief: cluster.Task
) -> None:
  signalled = time.monotonic()
  while time.monotonic() - signalled < _PREEMPTION_SECS and not status.is_in(
    chief, cluster.PREEMPTED, cluster.ENDED, cluster.FAILED
  ):
    time.sleep(_POLL_SECS)


def _wait_for_workers(status: cluster.StatusFiles) -> None:
  """Waits until no worker trains: its step would wait for this server."""
  ended = time.monotonic()
  while time.monotonic() - ended < LINGER_SECS and any(
    status.is_in(worker, cluster.JOINED)
    for worker in status.task.others(cluster.WORKER)
  ):
    time.sleep(_POLL_SECS)
