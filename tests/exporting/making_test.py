import os
import shutil

import numpy as np
import pytest

from hub_estimator import exporting, modules, optimizers, runs
from hub_estimator.errors import UserError
from hub_estimator.exporting import variables
from hub_estimator.model import encoders
from hub_estimator.model_dir import read_json, versions
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace


def test_old_versions_are_removed_with_both_halves(run):
  complete = versions.numbers(run.latest)
  assert len(complete) == 2
  assert sorted(os.listdir(run.latest / "module")) == [str(v) for v in complete]
  assert sorted(os.listdir(run.latest)) == [".pins", "model", "module"]


def test_an_export_of_an_older_checkpoint_is_a_newer_version(run, tmp_path):
  copy = tmp_path / "run"
  shutil.copytree(run.path, copy)
  before = versions.numbers(copy / "export" / "latest")
  version = runs.export(str(copy), experiment=run.experiment, checkpoint="10")
  assert version.number > max(before)
  manifest = read_json(version.model / "assets.extra" / "manifest.json")
  assert manifest["checkpoint_step"] == 10


def test_leftovers_of_a_killed_export_are_removed(run, tmp_path):
  base = tmp_path / "latest"
  shutil.copytree(run.latest, base)
  (base / ".staging" / "module" / "temp-1").mkdir(parents=True)
  (base / "module" / "99").mkdir()
  complete = versions.numbers(base)
  versions.remove_leftovers(base)
  assert sorted(os.listdir(base)) == [".pins", "model", "module"]
  assert sorted(os.listdir(base / "module")) == [str(v) for v in complete]


@pytest.mark.slow
def test_an_exported_module_is_the_next_runs_handle(run, tmp_path):
  exported = str(run.half("module") / "module")
  following = replace(
    run.experiment,
    encoder=encoders.Encoder(modules.ModuleSource(exported)),
    max_steps=10,
  )
  result = runs.train(following, str(tmp_path))
  assert (tmp_path / result.exports["latest"]["module"]).is_dir()


@pytest.mark.slow
def test_source_and_cache_may_vanish_once_exported(
  text, sentences_csv, tmp_path
):
  shutil.copytree(text, tmp_path / "source")
  experiment = make_experiment(
    str(tmp_path / "source"), sentences_csv, exports=exporting.Exports()
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  (tmp_path / "source").rename(tmp_path / "gone")
  module = tmp_path / "run" / result.exports["latest"]["module"] / "module"
  model = tmp_path / "run" / result.exports["latest"]["model"]
  moved = tmp_path / "moved"
  shutil.copytree(module, moved)
  with tf.Graph().as_default(), tf.Session() as session:
    output = hub.Module(str(moved))(["good film"])
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    assert session.run(output).shape == (1, 4)
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], str(model))
    signature = loaded.signature_def["serving_default"]
    got = session.run(
      signature.outputs["logistic"].name,
      {signature.inputs["sentence"].name: ["good film"]},
    )
  assert got.shape == (1, 1)


@pytest.mark.slow
def test_averaged_weights_are_evaluated_and_exported(
  batch_norm, numbers_npz, tmp_path
):
  experiment = make_experiment(
    batch_norm,
    numbers_npz,
    exports=exporting.Exports(),
    fine_tuning=optimizers.FineTuning(average_decay=0.9),
  )
  result = runs.train(experiment, str(tmp_path))
  assert "error" not in result.exports["latest"]
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(tmp_path)))

  def exported(modules):
    prefix = variables.variables_prefix(modules / "module")
    return variables.read_tensors(prefix)

  averaged = exported(tmp_path / result.exports["latest"]["module"])
  for name in ("kernel", "gamma"):
    np.testing.assert_array_equal(
      averaged[name],
      reader.get_tensor(f"module/{name}/ExponentialMovingAverage"),
    )
  # Statistics are averages already.
  np.testing.assert_array_equal(
    averaged["moving_mean"], reader.get_tensor("module/moving_mean")
  )
  raw = runs.export(str(tmp_path), experiment=experiment, averaged=False)
  np.testing.assert_array_equal(
    exported(raw.modules)["kernel"], reader.get_tensor("module/kernel")
  )
  again = runs.export(str(tmp_path), experiment=experiment, averaged=True)
  np.testing.assert_array_equal(
    exported(again.modules)["kernel"], averaged["kernel"]
  )


def test_averages_that_a_run_does_not_have_are_refused(run):
  with pytest.raises(UserError, match="has no averaged weights"):
    runs.export(str(run.path), experiment=run.experiment, averaged=True)
