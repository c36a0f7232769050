"""A small sweep that several tests run, in this process or in others."""

import pathlib

from hub_estimator import config
from hub_estimator.sweeps import study as studies
from hub_estimator.sweeps.sweep import read_sweep
from hub_estimator.sweeps.worker import SweepDir, work

_RUN = """
include "base.gin"

HANDLE = {handle!r}
HEAD = @heads.binary()
optimizers.adam.learning_rate = 0.05
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {data!r}
inputs.npz.features = ["x"]
inputs.npz.label = "label"
run.summary_every_steps = 10
BATCH_SIZE = 16
MAX_STEPS = 20
EVAL_EVERY_STEPS = 10
exports.kinds = []

sweep.goals = ["loss"]
sweep.strategy = "grid"
"""


def write_config(path: pathlib.Path, handle: str, data: str, more: str) -> str:
  """Writes a sweep's gin file of runs of 20 steps; returns its path."""
  path.write_text(_RUN.format(handle=handle, data=data) + more)
  return str(path)


def open_sweep(file: str, directory: pathlib.Path):
  """Returns (SweepDir, Sweep, study), as the command makes them."""
  config.parse([file])
  at = SweepDir(directory)
  directory.mkdir(parents=True, exist_ok=True)
  at.sweep.write_text(config.text())
  at.base.write_text(config.text(without="sweep"))
  sweep = read_sweep()
  study = studies.open_study(at.study_url, "sweep", sweep, identity="i")
  return at, sweep, study


def run_here(file: str, directory: pathlib.Path):
  """Runs all trials in this process; returns (SweepDir, Sweep, study)."""
  at, sweep, study = open_sweep(file, directory)
  work(at, url=at.study_url, name="sweep", identity="i", worker=0)
  return at, sweep, study
