"""Keeps the members of a cluster in step with each other's status."""

import logging
import time
from typing import Any

from hub_estimator import cluster
from hub_estimator.tensorflow_runtime import estimator, tf

_log = logging.getLogger(__name__)
# How often members read each other's status.
_READ_EVERY_SECS = 1.0


class ChiefHook(estimator.SessionRunHook):
  """Writes that the chief trains, and stops it if a worker has failed."""

  def __init__(self, status: cluster.StatusFiles):
    """Makes the hook.

    Args:
      status: of the cluster's members.
    """
    self._status = status
    self._sessions = 0
    self._read_at = 0.0

  def begin(self) -> None:
    self._step = tf.train.get_global_step()

  def after_create_session(self, session: tf.Session, coord: Any) -> None:
    del coord
    step = int(session.run(self._step))
    self._sessions += 1
    if self._sessions > 1:
      _log.warning(
        "A parameter server was lost and came back: training resumes from the "
        "last checkpoint, at step %d.",
        step,
      )
    self._status.write(cluster.TRAINING, step=step)

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
    del run_context
    now = time.monotonic()
    if now - self._read_at < _READ_EVERY_SECS:
      return
    self._read_at = now
    self._status.write(cluster.TRAINING, step=int(run_values.results))
    self._status.raise_failures(self._status.task.others(cluster.WORKER))


class WorkerHook(estimator.SessionRunHook):
  """Stops a worker when the chief has ended or failed."""

  def __init__(self, status: cluster.StatusFiles, chief: cluster.Task):
    """Makes the hook.

    Args:
      status: of the cluster's members.
      chief: of the cluster.
    """
    self._status = status
    self._chief = chief
    self._read_at = 0.0

  def after_run(
    self,
    run_context: estimator.SessionRunContext,
    run_values: estimator.SessionRunValues,
  ) -> None:
    del run_values
    now = time.monotonic()
    if now - self._read_at < _READ_EVERY_SECS:
      return
    self._read_at = now
    self._status.raise_failures([self._chief])
    if self._status.is_in(self._chief, cluster.ENDED):
      run_context.request_stop()
