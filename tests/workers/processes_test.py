"""Workers as processes: started, ended, told apart, read."""

import os
import signal
import time

from hub_estimator.workers import processes


def _wait(condition):
  deadline = time.monotonic() + 60
  while not condition():
    assert time.monotonic() < deadline
    time.sleep(0.05)


def test_one_that_ends_is_reaped_once_with_its_code(tmp_path):
  # A worker without arguments says what it lacks and ends.
  pool = processes.Processes([], tmp_path / "logs", 1)
  assert not pool.any_alive()
  pool.start_missing()
  codes = []
  _wait(lambda: codes.extend(pool.reap()) or codes)
  assert codes == [1]
  assert pool.reap() == [] and not pool.any_alive()
  assert "ValueError" in processes.last_words(tmp_path / "logs")


def test_stop_ends_even_one_that_is_stopped(tmp_path, monkeypatch):
  monkeypatch.setattr(
    processes,
    "worker_command",
    lambda arguments: ["sleep", "600"],
  )
  pool = processes.Processes([], tmp_path / "logs", 2)
  pool.start_missing()
  first = pool._processes[0]
  os.kill(first.pid, signal.SIGSTOP)
  pool.stop()
  assert all(p.poll() is not None for p in pool._processes.values())


def test_without_a_log_there_is_no_word(tmp_path):
  assert processes.last_words(tmp_path).startswith("no word")
