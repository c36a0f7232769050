"""Whole sweeps: from Python, as a command, with workers killed by kill -9."""

import csv
import json
import os
import re
import signal
import subprocess

import numpy as np
import pytest
from hub_estimator.trainers import main

from hub_estimator import config, progress, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.sweeps import SweepDir, rank, run_sweep, work
from hub_estimator.tensorflow_runtime import hub, tf
from tests.model.models.function_test import GIN
from tests.sweeps import small

_RATES = "sweep.space = {'optimizers.adam.learning_rate': [0.05, 0.02, 0.01]}\n"


class _InThisProcess:
  """Workers that run all trials when they start."""

  def __init__(self, program, count):
    del count
    self.path, self.url, self.name, self.identity = program.arguments
    self.ended = False

  def __len__(self):
    return 1

  def start_missing(self):
    work(
      SweepDir.at(self.path),
      url=self.url,
      name=self.name,
      identity=self.identity,
      worker=0,
    )

  def reap(self):
    return []

  def any_alive(self):
    return False

  def stop(self):
    self.ended = True


@pytest.mark.slow
def test_a_sweep_runs_from_python_and_is_ranked_again(
  tmp_path, dense, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "sweep.space = {'optimizers.adam.learning_rate': [0.05, 0.01]}\n",
  )
  config.parse([file])
  heard = []
  with progress.listen(heard.append):
    outcome = run_sweep(str(tmp_path / "sweep"), make_workers=_InThisProcess)
  assert [row.state for row in outcome.leaderboard] == ["finished"] * 2
  assert outcome.best == tmp_path / "sweep/best"
  assert (tmp_path / "sweep/report.html").exists()
  sweeping = [p for p in heard if p.what == "sweeping"]
  assert [(p.done, p.total, p.unit) for p in sweeping] == [
    (1, 2, "trials"),
    (2, 2, "trials"),
  ]
  assert rank(str(tmp_path / "sweep")) == outcome


@pytest.mark.slow
def test_rates_and_handles_of_a_users_model_fn_are_ranked(
  tmp_path, batch_norm, numbers_npz
):
  other = testing.batch_norm_module(str(tmp_path / "other"), width=5)
  space = {"RATE": [0.0, 0.05], "HANDLE": [batch_norm, other]}
  file = tmp_path / "sweep.gin"
  file.write_text(
    GIN.format(module=batch_norm, data=numbers_npz)
    + f"sweep.space = {space!r}\nsweep.strategy = 'grid'\n"
    + "sweep.goals = ['accuracy']\n"
  )
  config.parse([str(file)])
  outcome = run_sweep(str(tmp_path / "sweep"), make_workers=_InThisProcess)
  ranked = list(outcome.leaderboard)
  assert [row.state for row in ranked] == ["finished"] * 4
  assert {row.modules["encoder"] for row in ranked} == {batch_norm, other}
  # The untrained ones are last.
  assert [row.params["RATE"] for row in ranked[2:]] == [0.0, 0.0]
  assert outcome.best is not None


def test_what_cannot_be_run_or_ranked_is_named(tmp_path):
  with pytest.raises(UserError, match="workers is 0; it is at least 1"):
    run_sweep(str(tmp_path), workers=0)
  with pytest.raises(UserError, match="No sweep at .*: it has no sweep.gin"):
    rank(str(tmp_path))


@pytest.mark.slow
def test_the_command_ranks_modules_and_exports_a_best_that_can_be_reproduced(
  tmp_path, dense, batch_norm, numbers_npz, capsys
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    f"sweep.space = {{'HANDLE': [{dense!r}, {batch_norm!r}],"
    " 'optimizers.adam.learning_rate': [0.05, 0.01]}\n",
  )
  at = tmp_path / "sweep"
  done = small.run_command(file, at, "--workers=2")
  assert done.returncode == 0, done.stderr
  assert "4 of 4 done" in done.stderr
  assert done.stdout.startswith("rank  trial  state")
  with (at / "leaderboard.csv").open() as stream:
    table = list(csv.DictReader(stream))
  losses = [float(row["loss"]) for row in table]
  assert len(losses) == 4 and losses == sorted(losses)
  assert {row["HANDLE"] for row in table} == {dense, batch_norm}
  # The winner's config reproduces its numbers, and its exports load.
  config.parse([str(at / "best.gin")])
  again = runs.train(config.build("run"), str(tmp_path / "again"))
  assert again.metrics["loss"] == losses[0]
  (module,) = (at / "best" / "module").glob("*/module")
  (model,) = (at / "best" / "model").iterdir()
  assert "serving_default" in tf.saved_model.load_v2(str(model)).signatures
  with tf.Graph().as_default():
    hub.Module(str(module))(np.ones([1, 4], np.float32))
  page = (at / "report.html").read_text()
  assert not re.search(r"<(script|link)[^>]+(src|href)=.http", page)
  # The same command again has nothing left to do.
  before = (at / "trials/0/model.ckpt-20.index").stat().st_mtime_ns
  argv = small.command(file, at)
  assert main.main(argv[argv.index("sweep") :]) == 0
  assert "Continuing: 4 of 4" in capsys.readouterr().err
  assert (at / "trials/0/model.ckpt-20.index").stat().st_mtime_ns == before


@pytest.mark.newest
@pytest.mark.faults
@pytest.mark.slow
def test_a_killed_worker_costs_only_time(tmp_path, dense, numbers_npz):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    _RATES + "MAX_STEPS = 600\nEVAL_EVERY_STEPS = 100\n",
  )
  at = tmp_path / "sweep"
  command = subprocess.Popen(
    small.command(file, at, "--workers=1"), stderr=subprocess.PIPE, text=True
  )
  small.wait_for(lambda: list(at.glob("trials/1/model.ckpt-1??.index")))
  (worker,) = small.workers_of(at)
  os.kill(worker, signal.SIGKILL)
  _, log = command.communicate(timeout=300)
  assert command.returncode == 0, log
  assert "Trial 1 was interrupted and will be continued." in log
  written = json.loads((at / "leaderboard.json").read_text())["trials"]
  assert sorted(t["trial"] for t in written) == [0, 1, 2]
  assert {t["state"] for t in written} == {"finished"}
  assert sorted(p.name for p in (at / "trials").iterdir()) == ["0", "1", "2"]
  # The numbers are those of an undisturbed run.
  interrupted = next(t for t in written if t["trial"] == 1)
  config.parse([str(at / "trials/1/config.gin")])
  alone = runs.train(config.build("run"), str(tmp_path / "alone"))
  assert interrupted["goals"]["loss"] == alone.metrics["loss"]


@pytest.mark.newest
@pytest.mark.faults
@pytest.mark.slow
def test_a_killed_command_continues_when_it_is_run_again(
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
    small.command(file, at, "--workers=2"), stderr=subprocess.DEVNULL
  )
  small.wait_for(lambda: list(at.glob("trials/1/model.ckpt-1??.index")))
  second = small.run_command(file, at)
  assert second.returncode == 2 and "is in use by process" in second.stderr
  command.kill()
  command.wait()
  small.wait_for(lambda: not small.workers_of(at), seconds=20)
  done = small.run_command(file, at, "--workers=2")
  assert done.returncode == 0, done.stderr
  written = json.loads((at / "leaderboard.json").read_text())["trials"]
  assert sorted(t["trial"] for t in written) == [0, 1, 2]
  assert {t["state"] for t in written} == {"finished"}
  other = small.write_config(
    tmp_path / "other.gin", dense, numbers_npz, _RATES + "MAX_STEPS = 30\n"
  )
  refused = small.run_command(other, at)
  assert refused.returncode == 2
  assert "belongs to another config or space" in refused.stderr


@pytest.mark.newest
@pytest.mark.faults
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
  done = small.run_command(file, at)
  assert done.returncode == 0, done.stderr
  written = json.loads((at / "leaderboard.json").read_text())["trials"]
  assert [(t["trial"], t["state"], t["error"]) for t in written] == [
    (1, "finished", None),
    (0, "failed", "its worker died 2 times"),
  ]
