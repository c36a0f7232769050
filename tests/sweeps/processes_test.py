"""Workers as processes: started, ended, told apart, read."""

import os
import signal
import time

from hub_estimator.sweeps import processes


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
    lambda arguments, number: ["sleep", "600"],
  )
  pool = processes.Processes([], tmp_path / "logs", 2)
  pool.start_missing()
  first = pool._processes[0]
  os.kill(first.pid, signal.SIGSTOP)
  pool.stop()
  assert all(p.poll() is not None for p in pool._processes.values())


def test_without_a_log_there_is_no_word(tmp_path):
  assert processes.last_words(tmp_path).startswith("no word")


def test_one_that_waits_ends_with_its_pool_and_leaves_nothing(tmp_path):
  pool = processes.Processes([str(tmp_path)] * 4, tmp_path / "logs", 1)
  pool.prepare()
  (waiting,) = pool._waiting.values()
  assert not pool.any_alive()
  pool.stop()
  assert waiting.poll() is not None
  assert not (tmp_path / "logs").exists()


def test_one_that_waits_ends_where_its_command_is_gone(tmp_path):
  pool = processes.Processes([str(tmp_path)] * 4, tmp_path / "logs", 1)
  pool.prepare()
  (waiting,) = pool._waiting.values()
  waiting.stdin.close()
  assert waiting.wait(timeout=60) == 0


def test_one_that_waited_writes_its_log_once_started(tmp_path):
  # There is no sweep.gin, which is the first that a worker reads.
  pool = processes.Processes([str(tmp_path)] * 4, tmp_path / "logs", 1)
  pool.prepare()
  (waiting,) = pool._waiting.values()
  pool.start_missing()
  assert pool._processes[0] is waiting
  codes = []
  _wait(lambda: codes.extend(pool.reap()) or codes)
  assert codes == [1]
  assert "sweep.gin" in processes.last_words(tmp_path / "logs")


def test_one_that_died_while_it_waited_is_started_anew(tmp_path):
  pool = processes.Processes([str(tmp_path)] * 4, tmp_path / "logs", 1)
  pool.prepare()
  (waiting,) = pool._waiting.values()
  waiting.kill()
  waiting.wait()
  pool.start_missing()
  assert pool._processes[0] is not waiting
  pool.stop()
