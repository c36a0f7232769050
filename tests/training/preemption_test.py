"""Signals end a run with a checkpoint, and lose nothing."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from hub_estimator.training.preemption import Preempted, Preemption
from tests.small_runs import GIN

# Files of the room that these tests cover, beside their own.
COVERS = ("checkpoint_hook",)

_GIN = (
  GIN
  + """module.trainable = {trainable}
run.batch_size = 16
exports.kinds = ["latest"]
MAX_STEPS = 3000
EVAL_EVERY_STEPS = 1000
"""
)


@pytest.fixture
def command(batch_norm, numbers_npz, tmp_path):
  def make(model_dir, *, trainable=True):
    gin_file = tmp_path / f"run_{trainable}.gin"
    gin_file.write_text(
      _GIN.format(module=batch_norm, data=numbers_npz, trainable=trainable)
    )
    return [
      *(sys.executable, "-m", "hub_estimator.trainers.main", "train"),
      f"--gin_file={gin_file}",
      f"--model_dir={model_dir}",
    ]

  return make


def _run(command) -> dict:
  done = subprocess.run(command, capture_output=True, text=True, check=False)
  assert done.returncode == 0, done.stderr
  return json.loads(done.stdout)


def _steps(model_dir: pathlib.Path) -> list[int]:
  return sorted(
    int(re.search(r"-(\d+)\.index", path.name).group(1))
    for path in model_dir.glob("model.ckpt-*.index")
  )


def _stop(command, model_dir, number, *, after) -> tuple[int, str, float]:
  """Sends a signal once `after()` holds; returns code, errors and seconds."""
  process = subprocess.Popen(
    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
  )
  while not after():
    assert process.poll() is None, process.communicate()
    time.sleep(0.01)
  sent = time.monotonic()
  process.send_signal(number)
  _, errors = process.communicate(timeout=60)
  return process.returncode, errors, time.monotonic() - sent


@pytest.mark.faults
@pytest.mark.usefixtures("machine")
@pytest.mark.slow
@pytest.mark.parametrize(
  ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_run_goes_on_from_the_step_of_the_signal_to_the_same_end(
  command, tmp_path, number, code
):
  model_dir = tmp_path / "run"

  def is_past_the_first_checkpoint():
    if not (model_dir / "export" / "latest" / "model").is_dir():
      return False
    time.sleep(0.5)
    return True

  returned, errors, seconds = _stop(
    command(model_dir), model_dir, number, after=is_past_the_first_checkpoint
  )
  assert returned == code, errors
  assert seconds < 10
  assert re.search(
    rf"stopped by {number.name} at step \d+; the same command resumes", errors
  )
  assert "Traceback" not in errors
  (_, stopped_at) = _steps(model_dir)
  assert 1000 < stopped_at < 2000
  resumed = _run(command(model_dir))
  whole = _run(command(tmp_path / "whole"))
  assert resumed["metrics"] == whole["metrics"]
  # Evaluated at the same steps, too: none at that of the signal.
  assert resumed["best"] == whole["best"]
  assert set(_steps(model_dir)) - {stopped_at} == {1000, 2000, 3000}


@pytest.mark.faults
@pytest.mark.usefixtures("machine")
@pytest.mark.slow
def test_a_signal_before_the_first_step_ends_at_once(command, tmp_path):
  model_dir = tmp_path / "run"
  returned, errors, seconds = _stop(
    command(model_dir),
    model_dir,
    signal.SIGTERM,
    after=(model_dir / "manifest.json").exists,
  )
  assert returned == 143, errors
  assert seconds < 10
  assert "stopped by SIGTERM" in errors and "Traceback" not in errors
  assert _run(command(model_dir))["steps"] == 3000


def test_a_signal_in_a_step_waits_for_its_end():
  before = signal.getsignal(signal.SIGTERM)
  preemption = Preemption()
  with preemption.watching():
    preemption.stepping = True
    signal.raise_signal(signal.SIGTERM)
    assert preemption.signal == signal.SIGTERM
    with pytest.raises(Preempted, match="stopped by SIGTERM; the same"):
      signal.raise_signal(signal.SIGTERM)
  assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_elsewhere_passes_by_those_who_catch_errors():
  with Preemption().watching():
    with pytest.raises(Preempted):
      try:
        signal.raise_signal(signal.SIGINT)
      except Exception:
        pytest.fail("it was taken for an error")


def test_other_threads_are_left_alone():
  import threading

  before = signal.getsignal(signal.SIGINT)
  seen = []

  def watch():
    with Preemption().watching():
      seen.append(signal.getsignal(signal.SIGINT))

  thread = threading.Thread(target=watch)
  thread.start()
  thread.join()
  assert seen == [before]
