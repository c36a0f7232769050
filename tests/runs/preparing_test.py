"""A run starts with the weights that it names."""

import dataclasses

import numpy as np
import pytest

from hub_estimator import (
  exporting,
  heads,
  modules,
  optimizers,
  runs,
  testing,
)
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.model_dir.workdir import read_json
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, make_regression, replace

# Files of the room that these tests cover, beside their own.
COVERS = ("request",)


def _variables(model_dir) -> dict[str, np.ndarray]:
  checkpoint = tf.train.latest_checkpoint(str(model_dir))
  reader = tf.train.load_checkpoint(checkpoint)
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


def _assert_equal(a, b):
  assert set(a) == set(b)
  for name in a:
    np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def _with_module(experiment, **changes):
  source = dataclasses.replace(experiment.encoder.module, **changes)
  return replace(experiment, encoder=encoders.Encoder(source))


@pytest.mark.slow
def test_old_weights_are_taken_where_they_are_named(
  batch_norm, numbers_npz, tmp_path, trained_runs, caplog
):
  experiment = make_experiment(batch_norm, numbers_npz)
  trained_runs.copy(experiment, tmp_path / "old")
  old = _variables(tmp_path / "old")
  # In a new run, with another head: what agrees is taken.
  changed = replace(
    experiment,
    head=heads.MultiClass(3),
    start_from=str(tmp_path / "old"),
    max_steps=1,
    optimizer=optimizers.SGD(1e-9),
  )
  with caplog.at_level("INFO", "hub_estimator"):
    runs.train(changed, str(tmp_path / "new"))
  new = _variables(tmp_path / "new")
  np.testing.assert_allclose(
    new["module/kernel"], old["module/kernel"], atol=1e-6
  )
  assert "4 variables taken, 2 new (head/logits/bias" in caplog.text
  # In the same run, where all shapes agree: it goes on.
  other = testing.batch_norm_module(str(tmp_path / "other"), l2=0.5)
  same = replace(
    experiment,
    encoder=encoders.Encoder(modules.ModuleSource(other)),
    start_from=str(tmp_path / "old"),
    max_steps=25,
  )
  assert runs.train(same, str(tmp_path / "old")).steps == 25
  with pytest.raises(UserError, match="can't continue from its old weights"):
    runs.train(replace(same, head=heads.MultiClass(3)), str(tmp_path / "old"))


@pytest.mark.slow
def test_a_start_without_a_checkpoint_is_refused(dense, numbers_npz, tmp_path):
  experiment = make_experiment(
    dense, numbers_npz, start_from=str(tmp_path / "x")
  )
  with pytest.raises(UserError, match="holds no checkpoint"):
    runs.train(experiment, str(tmp_path / "run"))
  assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_run_starts_from_an_exported_model_by_regex_and_reports_it(
  dense, numbers_npz, tmp_path, trained_runs
):
  experiment = make_regression(
    dense, numbers_npz, exports=exporting.Exports(["final"])
  )
  run = trained_runs.read_only(experiment)
  exported = str(run.model_dir / run.result.exports["final"]["model"])
  second = replace(
    experiment,
    start_from=exported,
    start_from_variables="^module/",
    max_steps=1,
    eval_every_steps=1,
    optimizer=optimizers.SGD(0.0),
    exports=exporting.Exports([]),
  )
  runs.train(second, str(tmp_path / "second"))
  first, started = (
    tf.train.load_checkpoint(str(model_dir))
    for model_dir in (run.model_dir, tmp_path / "second")
  )
  np.testing.assert_array_equal(
    started.get_tensor("module/kernel"), first.get_tensor("module/kernel")
  )
  assert not started.get_tensor("head/logits/kernel").any()
  report = read_json(tmp_path / "second" / "manifest.json")["started_from"]
  assert report["taken"] == ["module/bias", "module/kernel"]
  assert report["new"] == ["head/logits/bias", "head/logits/kernel"]
  with pytest.raises(UserError, match="whose names match '\\^encoder/'"):
    runs.train(
      replace(second, start_from_variables="^encoder/"), str(tmp_path / "third")
    )
