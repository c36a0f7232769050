"""Forked processes: they share imports and end as other processes do."""

import importlib
import multiprocessing.forkserver
import os
import signal
import subprocess
import time

import pytest

from hub_estimator import config
from hub_estimator.workers import Forker, Processes, Program

pytestmark = pytest.mark.newest

# A module that is quickly imported. The first argument says what its workers do.
MODULE = """
import os, sys, time
IMPORTED_BY = os.getpid()
def main(arguments):
  if arguments[0] == "tell":
    print(IMPORTED_BY, os.getpid(), os.environ.get("TOLD"), os.getcwd(), sys.path[-1])
  elif arguments[0] == "fail":
    raise ValueError(arguments[1])
  elif arguments[0] == "fail as number 0" and arguments[1] == "0":
    raise ValueError(arguments[0])
  else:
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory):
  folder = tmp_path_factory.mktemp("modules")
  (folder / "forked_by_tests.py").write_text(MODULE)
  with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(str(folder))
    patch.setenv("PYTHONPATH", str(folder))  # Of the process that is forked.
    yield importlib.import_module("forked_by_tests")


@pytest.fixture(scope="module")
def forker(module):
  # Sweeps that ran in this process before have started one that imported less.
  multiprocessing.forkserver._forkserver._stop()
  return Forker(module.__name__)


def test_forks_share_imports_and_have_the_current_environment(
  forker, module, tmp_path, monkeypatch
):
  beside = tmp_path / "beside"
  beside.mkdir()
  (beside / "some.gin").touch()
  config.parse([str(beside / "some.gin")])
  program = Program(module.__name__, ["tell"], tmp_path)
  told = []
  for number in range(2):
    monkeypatch.setenv("TOLD", str(number))
    monkeypatch.chdir(tmp_path)
    assert forker.start(program, number).wait(60) == 0
    told.append(program.log_of(number).read_text().split())
  (of_first, *first), (of_second, *second) = told
  assert of_first == of_second != str(os.getpid())
  assert first[0] != second[0]
  assert (first[1], second[1]) == ("0", "1")
  assert first[2:] == [str(tmp_path), str(beside)]


def test_a_fork_that_fails_says_why_in_its_log(forker, module, tmp_path):
  program = Program(module.__name__, ["fail", "for a reason"], tmp_path)
  process = forker.start(program, 0)
  assert process.wait(60) == 1
  assert process.poll() == process.returncode == 1
  assert "ValueError: for a reason" in program.log_of(0).read_text()


def test_a_fork_can_be_waited_for_and_ended(forker, module, tmp_path):
  program = Program(module.__name__, ["sleep"], tmp_path)
  process = forker.start(program, 0)
  assert process.poll() is None
  with pytest.raises(subprocess.TimeoutExpired):
    process.wait(0.1)
  process.terminate()
  assert process.wait(60) == -signal.SIGTERM
  process = forker.start(program, 0)
  process.kill()
  assert process.wait(60) == -signal.SIGKILL


def test_a_pool_starts_reaps_and_stops_forks(forker, module, tmp_path):
  program = Program(module.__name__, ["fail as number 0"], tmp_path / "logs")
  pool = Processes(program, 2, start=forker.start)
  pool.start_missing()
  deadline = time.monotonic() + 60
  while not (codes := pool.reap()):
    assert time.monotonic() < deadline
    time.sleep(0.05)
  assert codes == [1] and pool.any_alive()
  assert "fail as number 0" in (tmp_path / "logs/worker_0.log").read_text()
  pool.stop()
  assert pool.reap() == [-signal.SIGTERM]
