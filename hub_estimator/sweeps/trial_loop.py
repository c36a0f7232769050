"""Trials one after the other in one process, until no work is left.

TensorFlow is imported once, and the runs share a cache of modules, data and graphs.
"""

import gc
from collections.abc import Callable

from hub_estimator import config
from hub_estimator.sweeps.asking import ask
from hub_estimator.sweeps.bounds import bound_reached
from hub_estimator.sweeps.heartbeat import heartbeat
from hub_estimator.sweeps.slots import slot_of
from hub_estimator.sweeps.study import open_study
from hub_estimator.sweeps.sweep import read_sweep
from hub_estimator.sweeps.sweep_dir import SweepDir
from hub_estimator.sweeps.trial import run_trial
from hub_estimator.tensorflow_runtime import tf
from hub_estimator.training import ProcessCache


def work(
  sweep_dir: SweepDir,
  *,
  url: str,
  name: str,
  identity: str,
  worker: int,
  after_trial: Callable[[int], None] | None = None,
) -> None:
  """Runs trials until none is left or a bound of the sweep is reached.

  Args:
    sweep_dir: of the sweep; its configs are written.
    url: of the study's storage.
    name: of the study.
    identity: of the study.
    worker: number of this process.
    after_trial: is called with the number of each trial that has ended; None calls
      nothing.

  Raises:
    UserError: the sweep's config is invalid, or the study can't be opened.
  """
  config.parse([str(sweep_dir.sweep)])
  sweep = read_sweep()
  study = open_study(url, name, sweep, identity=identity, worker=worker)
  cache = ProcessCache()
  # Imported code stays: without it, a collection takes 20 ms instead of 200.
  gc.collect()
  gc.freeze()
  while not bound_reached(study, sweep):
    trial = ask(study, sweep, lock=sweep_dir.asking)
    if trial is None:
      return
    with heartbeat(study, trial):
      run_trial(study, trial, sweep, sweep_dir, cache)
    if after_trial is not None:
      after_trial(slot_of(trial))
    # TensorFlow keeps each model_dir's writer, and graphs refer to themselves.
    tf.summary.FileWriterCache.clear()
    gc.collect()
