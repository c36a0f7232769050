"""Small sweeps that several tests run: here, as a command, or with no runs at all."""

import os
import pathlib
import subprocess
import sys
import time

from optuna.trial import TrialState

from hub_estimator import config
from hub_estimator.sweeps import (
  SweepDir,
  ask,
  open_study,
  read_sweep,
  work,
)
from hub_estimator.sweeps.trial_attributes import ERROR

_RUN = """
include "base.gin"

HANDLE = {handle!r}
HEAD = @heads.regression()
optimizers.adam.learning_rate = 0.05
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {data!r}
inputs.npz.features = ["x"]
inputs.npz.label = "y"
run.summary_every_steps = 10
BATCH_SIZE = 16
MAX_STEPS = 20
EVAL_EVERY_STEPS = 10
exports.kinds = []

sweep.goals = ["loss"]
sweep.strategy = "grid"
"""


def write_config(path: pathlib.Path, handle: str, data: str, more: str) -> str:
  """Writes the gin file of a sweep with runs of 20 steps; returns its path."""
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
  study = open_study(at.study_url, "sweep", sweep, identity="i")
  return at, sweep, study


def run_here(file: str, directory: pathlib.Path, after_trial=None):
  """Runs all trials in this process; returns (SweepDir, Sweep, study)."""
  at, sweep, study = open_sweep(file, directory)
  work(
    at,
    url=at.study_url,
    name="sweep",
    identity="i",
    worker=0,
    after_trial=after_trial,
  )
  return at, sweep, study


def study_with(directory: pathlib.Path, sweep, values, **attributes):
  """Returns a study whose trials have the given values; None is a failure.

  Args:
    directory: of its database.
    sweep: its settings.
    values: of the goal or goals, one for each trial.
    **attributes: of every trial.
  """
  study = open_study(
    f"sqlite:///{directory}/study.db", "s", sweep, identity="i"
  )
  for value in values:
    trial = ask(study, sweep, lock=directory / "lock")
    sweep.space.suggest(trial)
    for key, attribute in attributes.items():
      trial.set_user_attr(key, attribute)
    if value is None:
      trial.set_user_attr(ERROR, "no | good")
      study.tell(trial, state=TrialState.FAIL)
    else:
      study.tell(trial, value)
  return study


def command(file: str, directory: pathlib.Path, *more: str) -> list[str]:
  """Returns the command that runs a sweep."""
  return [
    sys.executable,
    "-m",
    "hub_estimator.trainers.main",
    "sweep",
    f"--gin_file={file}",
    f"--sweep_dir={directory}",
    *more,
  ]


def run_command(file: str, directory: pathlib.Path, *more: str):
  """Runs a sweep as a command; returns its completed process."""
  return subprocess.run(
    command(file, directory, *more),
    capture_output=True,
    text=True,
    check=False,
    timeout=300,
  )


def wait_for(condition, seconds: float = 120):
  """Returns once a condition is true."""
  deadline = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < deadline, "it never came"
    time.sleep(0.1)


def workers_of(directory: pathlib.Path) -> list[int]:
  """Returns the processes that work on a sweep."""
  found = []
  for entry in pathlib.Path("/proc").iterdir():
    if entry.name.isdigit():
      try:
        written = pathlib.Path(os.readlink(entry / "fd/1"))
      except OSError:
        continue
      if written.parent == pathlib.Path(directory) / "logs":
        found.append(int(entry.name))
  return found
