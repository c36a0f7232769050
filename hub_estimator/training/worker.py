"""Trains as a worker of a cluster, until the chief has ended."""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from hub_estimator import cluster
from hub_estimator.errors import RunFailed
from hub_estimator.training.cluster_hooks import WorkerHook
from hub_estimator.training.job import Job
from hub_estimator.training.server import LINGER_SECS, running_server

_log = logging.getLogger(__name__)


def train_as_worker(job: Job, status: cluster.StatusFiles) -> None:
  """Trains until the chief has ended.

  Args:
    job: to train.
    status: of the cluster's members.

  Raises:
    RunFailed: the chief's training failed.
  """
  if job.is_over():
    return
  (chief,) = status.task.others(cluster.CHIEF)
  job.accelerate()
  with running_server(job.estimator):
    try:
      status.wait_for_servers()
      # A session that comes before the chief's tries again only after 30 s.
      status.wait(
        lambda: status.is_in(chief, cluster.TRAINING, cluster.ENDED),
        lambda: f"{chief} at {chief.address}",
      )
      if not status.is_in(chief, cluster.ENDED):
        exit_once_over(status, chief)
        job.estimator.train(
          job.make_train_input_fn(),
          max_steps=job.experiment.max_steps,
          hooks=[WorkerHook(status, chief), *job.hooks],
        )
    finally:
      status.write(cluster.ENDED)


def exit_once_over(
  status: cluster.StatusFiles,
  chief: cluster.Task,
  *,
  after_secs: float = 2 * LINGER_SECS,
  leave: Callable[[int], Any] = os._exit,
) -> None:
  """Ends this process if training is over and one of its steps hangs.

  A step that waits for servers that have gone waits forever, inside TensorFlow.

  Args:
    status: of the cluster's members.
    chief: of the cluster.
    after_secs: how long a step may take after the chief has ended.
    leave: is called with the exit code.
  """

  def watch() -> None:
    while not status.is_in(chief, cluster.ENDED, cluster.FAILED):
      time.sleep(min(after_secs, 1))
    time.sleep(after_secs)
    try:
      with status.reporting_failure():
        status.raise_failures([chief])
    except RunFailed as error:
      _log.error("%s", error)
      leave(1)
    else:
      status.write(cluster.ENDED)
      leave(0)

  threading.Thread(target=watch, daemon=True).start()
