import os
import pathlib
import shutil

import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.model_dir import checkpoints
from hub_estimator.tensorflow_runtime import read_eval_metrics, tf
from tests.small_runs import make_regression

STEPS = {"max_steps": 30}


def _cut(path: pathlib.Path) -> None:
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: pathlib.Path) -> None:
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 1
  path.write_bytes(content)


DAMAGES = {
  "its weights are cut": lambda d: _cut(
    d / "model.ckpt-20.data-00000-of-00001"
  ),
  "a bit of them is flipped": lambda d: _flip(
    d / "model.ckpt-20.data-00000-of-00001"
  ),
  "its index is cut": lambda d: _cut(d / "model.ckpt-20.index"),
  "its weights are gone": lambda d: (
    d / "model.ckpt-20.data-00000-of-00001"
  ).unlink(),
}


@pytest.fixture
def whole(dense, numbers_npz, trained_runs):
  experiment = make_regression(dense, numbers_npz, **STEPS)
  return trained_runs.read_only(experiment).result


@pytest.fixture
def interrupted(dense, numbers_npz, tmp_path, trained_runs):
  """A run of 20 steps of 30, with checkpoints at 10 and 20."""
  trained_runs.copy(make_regression(dense, numbers_npz), tmp_path)
  return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_training_resumes_from_the_previous_one_to_the_same_end(
  dense, numbers_npz, interrupted, whole, caplog, damage
):
  DAMAGES[damage](interrupted)
  result = runs.train(
    make_regression(dense, numbers_npz, **STEPS), str(interrupted)
  )
  assert result.metrics == whole.metrics
  assert "model.ckpt-20 is damaged" in caplog.text
  assert "training resumes from step 10" in caplog.text
  assert (interrupted / "damaged-model.ckpt-20.meta").exists()


@pytest.mark.slow
def test_training_starts_again_if_all_are_damaged(
  dense, numbers_npz, interrupted, whole, caplog
):
  for path in interrupted.glob("model.ckpt-*.index"):
    _cut(path)
  result = runs.train(
    make_regression(dense, numbers_npz, **STEPS), str(interrupted)
  )
  assert result.metrics == whole.metrics
  assert "training resumes from the beginning" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("content", [None, "", 'model_checkpoint_path: "mod'])
def test_a_lost_list_of_checkpoints_is_written_again(
  dense, numbers_npz, interrupted, whole, content
):
  listed = interrupted / "checkpoint"
  listed.unlink()
  if content is not None:
    listed.write_text(content)
  assert checkpoints.set_damaged_aside(interrupted) == []
  assert tf.train.latest_checkpoint(str(interrupted)).endswith("ckpt-20")
  result = runs.train(
    make_regression(dense, numbers_npz, **STEPS), str(interrupted)
  )
  assert result.metrics == whole.metrics


@pytest.mark.slow
def test_a_checkpoint_without_an_evaluation_is_evaluated_first(
  dense, numbers_npz, interrupted, whole
):
  """Killed, or stopped by a signal, just after step 20 was saved."""
  evaluated = read_eval_metrics(str(interrupted / "eval"))
  shutil.rmtree(interrupted / "eval")
  tf.summary.FileWriterCache.clear()  # It holds an open file there.
  runs.train(make_regression(dense, numbers_npz, **STEPS), str(interrupted))
  found = read_eval_metrics(str(interrupted / "eval"))
  assert sorted(found) == [20, 30]
  assert found[20] == evaluated[20]


def test_sound_checkpoints_are_left_alone(interrupted):
  before = {p: os.stat(p).st_mtime_ns for p in interrupted.rglob("*")}
  assert checkpoints.set_damaged_aside(interrupted) == []
  assert {p: os.stat(p).st_mtime_ns for p in interrupted.rglob("*")} == before


def test_verbs_on_a_run_name_the_damaged_and_the_sound(
  dense, numbers_npz, interrupted
):
  experiment = make_regression(dense, numbers_npz)
  DAMAGES["its weights are cut"](interrupted)
  with pytest.raises(
    UserError, match="ckpt-20 is damaged: .*; there is also: model.ckpt-10"
  ):
    runs.evaluate(str(interrupted), experiment=experiment)
  assert runs.evaluate(str(interrupted), experiment=experiment, checkpoint="10")


def test_a_new_run_has_none(tmp_path):
  assert checkpoints.set_damaged_aside(tmp_path) == []
  assert os.listdir(tmp_path) == []
