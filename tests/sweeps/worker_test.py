"""A worker as a process."""

import subprocess
import sys

import pytest

from hub_estimator.sweeps import worker
from hub_estimator.workers import Processes, Program, last_words
from tests.sweeps import small


def test_one_without_arguments_says_what_it_lacks():
  with pytest.raises(ValueError, match="not enough values"):
    worker.main(["0"])


@pytest.mark.slow
def test_one_without_a_sweep_ends_and_its_log_says_why(tmp_path):
  program = Program(
    worker.__name__, [str(tmp_path), "sqlite://", "s", "i"], tmp_path / "logs"
  )
  pool = Processes(program, 1)
  pool.start_missing()
  codes = []
  small.wait_for(lambda: codes.extend(pool.reap()) or codes)
  assert codes == [1]
  assert "UserError: No gin file" in last_words(tmp_path / "logs")


@pytest.mark.slow
def test_nothing_of_tensorflow_is_imported_by_the_room_of_workers():
  code = (
    "import sys, hub_estimator.workers;"
    "print([m for m in sys.modules if m.startswith(('tensorflow', 'ray'))])"
  )
  done = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True, check=True
  )
  assert done.stdout == "[]\n"
