"""Files of a run or a sweep are damaged: told, and nothing is lost that wasn't."""

import json
import shutil
import subprocess
import sys

import pytest

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.model_dir import results
from hub_estimator.tensorflow_runtime import read_eval_metrics, tf
from tests.small_runs import GIN, make_experiment, replace

pytestmark = [pytest.mark.newest, pytest.mark.faults]

_DAMAGES = {
  "cut": lambda content: content[: len(content) // 2],
  "empty": lambda content: b"",
  "flipped": lambda content: content[:40] + b"\xff\xff" + content[42:],
}


def _damage(path, how):
  path.write_bytes(_DAMAGES[how](path.read_bytes()))


@pytest.fixture(scope="module")
def trained(dense, numbers_npz, tmp_path_factory):
  experiment = make_experiment(
    dense, numbers_npz, exports=exporting.Exports(["latest"])
  )
  model_dir = tmp_path_factory.mktemp("trained") / "run"
  return experiment, model_dir, runs.train(experiment, str(model_dir))


@pytest.fixture
def run(trained, tmp_path):
  experiment, model_dir, result = trained
  # TensorFlow writes on into a file that it has open; a new process doesn't.
  tf.summary.FileWriterCache.clear()
  shutil.copytree(model_dir, tmp_path / "run")
  return experiment, tmp_path / "run", result


@pytest.mark.slow
@pytest.mark.parametrize("how", _DAMAGES)
def test_curves_and_the_batch_of_exports_are_made_anew(run, how):
  experiment, model_dir, _ = run
  for pattern in ("events*", "eval/events*", "verification_batch.tfrecord"):
    for path in model_dir.glob(pattern):
      _damage(path, how)
  result = runs.train(replace(experiment, max_steps=30), str(model_dir))
  assert (result.state, result.steps) == (results.FINISHED, 30)
  assert 30 in read_eval_metrics(str(model_dir / "eval"))
  assert "error" not in result.exports["latest"]


@pytest.mark.parametrize("how", ["cut", "empty"])
def test_a_damaged_result_is_made_anew(run, how, caplog):
  experiment, model_dir, before = run
  _damage(model_dir / "result.json", how)
  with caplog.at_level("WARNING", "hub_estimator"):
    result = runs.train(experiment, str(model_dir))
  assert "result.json can't be read" in caplog.text
  assert "The run writes it again." in caplog.text
  assert result.metrics == pytest.approx(before.metrics)
  assert results.read(model_dir / "result.json").steps == 20


@pytest.mark.parametrize("how", ["cut", "empty"])
def test_a_damaged_manifest_is_told_and_nothing_is_touched(run, how):
  """It says whose weights lie there; without it, they might be another module's."""
  experiment, model_dir, _ = run
  _damage(model_dir / "manifest.json", how)
  with pytest.raises(UserError, match=r"manifest.json can't be read"):
    runs.train(replace(experiment, max_steps=30), str(model_dir))
  assert not (model_dir / "model.ckpt-30.index").exists()


_SWEEP = (
  GIN
  + """MAX_STEPS = 2
EVAL_EVERY_STEPS = 2
exports.kinds = ["final"]
exports.verify = False
sweep.space = {{"SEED": [1, 2]}}
sweep.strategy = "grid"
"""
)


@pytest.mark.slow
def test_a_damaged_study_is_told_in_one_line(batch_norm, numbers_npz, tmp_path):
  (tmp_path / "sweep.gin").write_text(
    _SWEEP.format(module=batch_norm, data=numbers_npz)
  )

  def sweep(verb, *arguments):
    return subprocess.run(
      [
        *(sys.executable, "-m", "hub_estimator.trainers.main", verb),
        *arguments,
      ],
      capture_output=True,
      text=True,
      check=False,
    )

  arguments = [f"--gin_file={tmp_path / 'sweep.gin'}"]
  arguments.append(f"--sweep_dir={tmp_path / 's'}")
  done = sweep("sweep", *arguments)
  assert done.returncode == 0, done.stderr
  trial = (tmp_path / "s" / "trials" / "0" / "result.json").read_bytes()
  _damage(tmp_path / "s" / "study.db", "cut")
  for verb, given in (("sweep", arguments), ("report", [str(tmp_path / "s")])):
    done = sweep(verb, *given)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "study.db" in done.stderr.splitlines()[-1]
  assert (tmp_path / "s" / "trials" / "0" / "result.json").read_bytes() == trial
  assert json.loads(trial)["steps"] == 2
