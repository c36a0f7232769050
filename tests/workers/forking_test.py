"""Forked processes: they share what was imported, and end as others do."""

import importlib
import os
import signal
import subprocess
import time

import pytest

from hub_estimator.workers import forking, processes

# Of a module that is quickly imported, and has a function of a list.
MODULE = """
import os, sys, time
IMPORTED_BY = os.getpid()
def tell(arguments):
  print(IMPORTED_BY, os.getpid(), os.environ.get("TOLD"), os.getcwd(), sys.path[-1])
def fail(arguments):
  raise ValueError(arguments[0])
def sleep(arguments):
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
  return forking.Forker(module.__name__)


def test_they_share_what_was_imported_and_have_all_that_changed_since(
  forker, module, tmp_path, monkeypatch
):
  told = []
  for number in range(2):
    monkeypatch.setenv("TOLD", str(number))
    monkeypatch.chdir(tmp_path)
    log = tmp_path / f"{number}.log"
    environment = {"PYTHONPATH": "/beside"}
    assert forker.start(module.tell, [], log, environment).wait(60) == 0
    told.append(log.read_text().split())
  (of_first, *first), (of_second, *second) = told
  assert of_first == of_second != str(os.getpid())
  assert first[0] != second[0]
  assert (first[1], second[1]) == ("0", "1")
  assert first[2:] == [str(tmp_path), "/beside"]


def test_one_that_fails_says_why_in_its_log(forker, module, tmp_path):
  process = forker.start(module.fail, ["for a reason"], tmp_path / "log", {})
  assert process.wait(60) == 1
  assert process.poll() == process.returncode == 1
  assert "ValueError: for a reason" in (tmp_path / "log").read_text()


def test_one_is_waited_for_and_ended(forker, module, tmp_path):
  process = forker.start(module.sleep, [], tmp_path / "log", {})
  assert process.poll() is None
  with pytest.raises(subprocess.TimeoutExpired):
    process.wait(0.1)
  process.terminate()
  assert process.wait(60) == -signal.SIGTERM
  process = forker.start(module.sleep, [], tmp_path / "log", {})
  process.kill()
  assert process.wait(60) == -signal.SIGKILL


def test_a_pool_starts_reaps_and_stops_them(forker, module, tmp_path):
  def start(arguments, log):
    run = module.fail if arguments[-1] == "0" else module.sleep
    return forker.start(run, arguments, log, {})

  pool = processes.Processes(["of all"], tmp_path / "logs", 2, start=start)
  pool.start_missing()
  deadline = time.monotonic() + 60
  while not (codes := pool.reap()):
    assert time.monotonic() < deadline
    time.sleep(0.05)
  assert codes == [1] and pool.any_alive()
  assert "of all" in (tmp_path / "logs/worker_0.log").read_text()
  pool.stop()
  assert pool.reap() == [-signal.SIGTERM]
