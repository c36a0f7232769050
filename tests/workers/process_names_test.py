"""Names of processes that tell a reused process id from the first."""

import os
import subprocess

from hub_estimator.workers import is_gone, process_name


def test_processes_with_one_id_differ_by_their_start():
  mine = process_name(os.getpid())
  assert not is_gone(mine)
  host, pid, _ = mine.rsplit(":", 2)
  assert is_gone(f"{host}:{pid}:1")
  assert not is_gone(f"another-host:{pid}:1")


def test_a_process_that_nobody_waited_for_is_gone():
  process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
  name = process_name(process.pid)
  assert not is_gone(name)
  process.kill()
  os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
  assert is_gone(name)
  process.wait()
  assert is_gone(name)
