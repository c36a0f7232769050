import subprocess
import sys

import pytest
from hub_estimator.trainers import startup


@pytest.mark.parametrize(
  "line",
  [
    "I0000 00:00:1795526765.306803 4062 cudart_stub.cc:31] Could not find cuda",
    "WARNING: All log messages before absl::InitializeLog() is called",
    "2026-11-24 12:59:54.59: E external/local_xla/xla/stream_executor/cuda/"
    "cuda_dnn.cc:9261] Unable to register cuDNN factory",
  ],
)
def test_remarks_about_absent_gpus_are_known(line):
  assert startup.is_remark(line)


@pytest.mark.parametrize(
  "line", ["Fatal Python error", "F0000 1 2 out of memory", "my own line"]
)
def test_everything_else_is_written_on(line):
  assert not startup.is_remark(line)


@pytest.mark.slow
@pytest.mark.parametrize(
  "arguments", [("check", "--gin_file=no"), ("evaluate", "--model_dir=no")]
)
def test_a_command_writes_no_line_of_tensorflow(arguments):
  done = subprocess.run(
    [
      sys.executable,
      "-m",
      "hub_estimator.trainers.main",
      *arguments,
    ],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 2
  assert len(done.stderr.strip().splitlines()) == 1, done.stderr
