"""Whole sweeps as people run them: the command, its workers, kill -9."""

import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hub_estimator import config
from hub_estimator.errors import UserError
from hub_estimator.runs import experiment as experiments
from hub_estimator.sweeps import running
from hub_estimator.tensorflow_runtime import hub, tf
from tests.sweeps import small

_RATES = "sweep.space = {'optimizers.adam.learning_rate': [0.05, 0.02, 0.01]}\n"


def _command(file, directory, *more):
  return [
    sys.executable,
    "-m",
    "hub_estimator.trainers.main",
    "sweep",
    f"--gin_file={file}",
    f"--sweep_dir={directory}",
    *more,
  ]


def _run(file, directory, *more):
  return subprocess.run(
    _command(file, directory, *more),
    capture_output=True,
    text=True,
    check=False,
    timeout=300,
  )


def _wait_for(condition, seconds=120):
  deadline = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < deadline, "it never came"
    time.sleep(0.1)


def _workers(directory) -> list[int]:
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


@pytest.mark.slow
def test_the_command_ranks_modules_exports_the_best_and_tells_how_to_do_it_again(
  tmp_path, dense, batch_norm, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    f"sweep.space = {{'HANDLE': [{dense!r}, {batch_norm!r}],"
    " 'optimizers.adam.learning_rate': [0.05, 0.01]}\n",
  )
  at = tmp_path / "sweep"
  done = _run(file, at, "--workers=2")
  assert done.returncode == 0, done.stderr
  assert "4 of 4 done" in done.stderr
  assert done.stdout.startswith("rank  trial  state")
  with (at / "leaderboard.csv").open() as stream:
    table = list(csv.DictReader(stream))
  losses = [float(row["loss"]) for row in table]
  assert len(losses) == 4 and losses == sorted(losses)
  assert {row["HANDLE"] for row in table} == {dense, batch_norm}
  # The winner's config makes the same numbers, and its exports load.
  config.parse([str(at / "best.gin")])
  again = experiments.train(config.build("run"), str(tmp_path / "again"))
  assert again.metrics["loss"] == losses[0]
  (module,) = (at / "best" / "module").glob("*/module")
  (model,) = (at / "best" / "model").iterdir()
  assert "serving_default" in tf.saved_model.load_v2(str(model)).signatures
  with tf.Graph().as_default():
    hub.Module(str(module))(np.ones([1, 4], np.float32))
  page = (at / "report.html").read_text()
  assert not re.search(r"<(script|link)[^>]+(src|href)=.http", page)
  # Again: nothing is left to do.
  before = (at / "trials/0/model.ckpt-20.index").stat().st_mtime_ns
  done = _run(file, at)
  assert done.returncode == 0 and "Going on: 4 of 4" in done.stderr
  assert (at / "trials/0/model.ckpt-20.index").stat().st_mtime_ns == before


def test_all_mistakes_of_a_space_are_told_at_once_before_any_trial(
  tmp_path, dense, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    f"sweep.space = {{'HANDLE': [{dense!r}, '/no/such/module'],"
    " 'SIGNATURE': ['default', 'defualt']}\nsweep.goals = ['los']\n",
  )
  config.parse([file])
  with pytest.raises(UserError) as error:
    running.run_sweep(str(tmp_path / "sweep"), workers=1)
  message = str(error.value)
  assert message.startswith("3 mistakes in the space: (1) ")
  for part in (
    "with HANDLE = '/no/such/module': ",
    "has no signature 'defualt'",
    "sweep.goals 'los': did you mean 'loss'",
  ):
    assert part in message
  assert not (tmp_path / "sweep").exists()


def test_a_binding_that_does_not_exist_is_named(tmp_path, dense, numbers_npz):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "sweep.space = {'run.bacth_size': [1, 2]}\n",
  )
  config.parse([file])
  with pytest.raises(UserError, match="A mistake in the space: .*'bacth_size'"):
    running.run_sweep(str(tmp_path / "sweep"), workers=1)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing_but_time(
  tmp_path, dense, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    _RATES + "MAX_STEPS = 600\nEVAL_EVERY_STEPS = 100\n",
  )
  at = tmp_path / "sweep"
  command = subprocess.Popen(
    _command(file, at, "--workers=1"), stderr=subprocess.PIPE, text=True
  )
  _wait_for(lambda: list(at.glob("trials/1/model.ckpt-1??.index")))
  (worker,) = _workers(at)
  os.kill(worker, signal.SIGKILL)
  _, log = command.communicate(timeout=300)
  assert command.returncode == 0, log
  assert "Trial 1 was interrupted and goes on." in log
  written = json.loads((at / "leaderboard.json").read_text())["trials"]
  assert sorted(t["trial"] for t in written) == [0, 1, 2]
  assert {t["state"] for t in written} == {"finished"}
  assert sorted(p.name for p in (at / "trials").iterdir()) == ["0", "1", "2"]
  # The very numbers of a sweep that nothing happened to.
  interrupted = next(t for t in written if t["trial"] == 1)
  config.parse([str(at / "trials/1/config.gin")])
  alone = experiments.train(config.build("run"), str(tmp_path / "alone"))
  assert interrupted["goals"]["loss"] == alone.metrics["loss"]


@pytest.mark.slow
def test_the_command_is_killed_and_goes_on(tmp_path, dense, numbers_npz):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    _RATES + "MAX_STEPS = 600\nEVAL_EVERY_STEPS = 100\n",
  )
  at = tmp_path / "sweep"
  command = subprocess.Popen(
    _command(file, at, "--workers=2"), stderr=subprocess.DEVNULL
  )
  _wait_for(lambda: list(at.glob("trials/1/model.ckpt-1??.index")))
  second = _run(file, at)
  assert second.returncode == 2 and "is in use by process" in second.stderr
  command.kill()
  command.wait()
  _wait_for(lambda: not _workers(at), seconds=20)
  done = _run(file, at, "--workers=2")
  assert done.returncode == 0, done.stderr
  written = json.loads((at / "leaderboard.json").read_text())["trials"]
  assert sorted(t["trial"] for t in written) == [0, 1, 2]
  assert {t["state"] for t in written} == {"finished"}
  other = small.write_config(
    tmp_path / "other.gin", dense, numbers_npz, _RATES + "MAX_STEPS = 30\n"
  )
  refused = _run(other, at)
  assert refused.returncode == 2
  assert "is of another config or space" in refused.stderr


@pytest.mark.slow
def test_a_trial_that_kills_its_worker_stops_no_other(
  tmp_path, dense, numbers_npz
):
  # Code of the user's own, beside the gin file; it is found by workers, too.
  (tmp_path / "my_inputs.py").write_text(
    "import os, gin\nfrom hub_estimator import inputs\n"
    "@gin.register(module='my')\n"
    "class deadly:\n"
    "  def __init__(self, path, deadly=False):\n"
    "    self.input, self.deadly = inputs.Npz(path, features=['x']), deadly\n"
    "  def read(self):\n"
    "    # The check reads in the command itself, whose output goes elsewhere.\n"
    "    if self.deadly and '/logs/worker_' in os.readlink('/proc/self/fd/1'):\n"
    "      os.kill(os.getpid(), 9)\n"
    "    return self.input.read()\n"
  )
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "import my_inputs\nrun.train_input = @my.deadly()\n"
    f"my.deadly.path = {numbers_npz!r}\n"
    "sweep.space = {'my.deadly.deadly': [True, False]}\n",
  )
  at = tmp_path / "sweep"
  done = subprocess.run(
    _command(file, at),
    capture_output=True,
    text=True,
    check=False,
    timeout=300,
  )
  assert done.returncode == 0, done.stderr
  written = json.loads((at / "leaderboard.json").read_text())["trials"]
  assert [(t["trial"], t["state"], t["error"]) for t in written] == [
    (1, "finished", None),
    (0, "failed", "its worker died, 2 times"),
  ]
