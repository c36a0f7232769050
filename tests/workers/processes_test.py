"""Workers as processes: started, reaped, stopped."""

import os
import signal
import subprocess
import time

from hub_estimator.workers import Processes, Program, last_words


def _wait(condition):
  deadline = time.monotonic() + 60
  while not condition():
    assert time.monotonic() < deadline
    time.sleep(0.05)


def test_a_process_that_ends_is_reaped_once_with_its_code(
  tmp_path, monkeypatch
):
  (tmp_path / "failing_worker.py").write_text(
    "import sys\nraise ValueError(sys.argv[1:])\n"
  )
  monkeypatch.syspath_prepend(str(tmp_path))
  program = Program("failing_worker", ["of all"], tmp_path / "logs")
  pool = Processes(program, 1)
  assert len(pool) == 1
  assert not pool.any_alive()
  pool.start_missing()
  codes = []
  _wait(lambda: codes.extend(pool.reap()) or codes)
  assert codes == [1]
  assert pool.reap() == [] and not pool.any_alive()
  assert "ValueError: ['of all', '0']" in last_words(tmp_path / "logs")


def test_stop_ends_even_a_suspended_process(tmp_path):
  started = []

  def start(program, number):
    del program, number
    started.append(subprocess.Popen(["sleep", "600"]))
    return started[-1]

  pool = Processes(Program("", [], tmp_path / "logs"), 2, start=start)
  pool.start_missing()
  os.kill(started[0].pid, signal.SIGSTOP)
  pool.stop()
  assert len(started) == 2
  assert all(p.poll() is not None for p in started)
