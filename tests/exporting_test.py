import os
import pathlib
import shutil

import numpy as np
import pytest

from hub_estimator import experiment as experiments
from hub_estimator import exporting, modules
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import hub, tf
from hub_estimator.workdir import read_json
from tests.runs import make_experiment, replace


@pytest.fixture(scope="module")
def run(batch_norm, numbers_npz, tmp_path_factory):
  """A run with two versions of which the last is of its last checkpoint."""
  path = tmp_path_factory.mktemp("run")
  experiment = make_experiment(
    batch_norm, numbers_npz, exports=exporting.Exports(keep=2), max_steps=30
  )
  return path, experiment, experiments.train(experiment, str(path))


def _half(run, half) -> pathlib.Path:
  path, _, result = run
  return path / result.exports["latest"][half]


def test_the_full_model_predicts_as_the_checkpoint_does(run, numbers_npz):
  _, experiment, _ = run
  x = np.load(numbers_npz)["x"]
  made = experiments.make_estimator(experiment, str(run[0]))
  live = [
    p["logits"]
    for p in made.predict(
      lambda: tf.data.Dataset.from_tensors({"x": tf.constant(x)})
    )
  ]
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], str(_half(run, "model")))
    signature = loaded.signature_def["serving_default"]
    logits = session.run(
      signature.outputs["logits"].name, {signature.inputs["x"].name: x}
    )
  np.testing.assert_allclose(logits, live, rtol=1e-5, atol=1e-6)


def test_the_module_holds_the_fine_tuned_variables_in_both_variants(run):
  path, _, _ = run
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(path)))
  exported = str(_half(run, "module") / "module")
  for tags in (set(), {"train"}):
    with tf.Graph().as_default(), tf.Session() as session:
      module = hub.Module(exported, tags=tags)
      session.run(tf.global_variables_initializer())
      for name, value in session.run(module.variable_map).items():
        np.testing.assert_array_equal(
          value, reader.get_tensor(f"module/{name}")
        )


def test_both_halves_explain_themselves(run):
  _, _, result = run
  for path in (_half(run, "model"), _half(run, "module") / "module"):
    manifest = read_json(path / "assets.extra" / "manifest.json")
    assert manifest["checkpoint_step"] == 30
    assert manifest["version"] == result.exports["latest"]["version"]
    np.testing.assert_allclose(
      manifest["metrics"]["accuracy"], result.metrics["accuracy"], rtol=1e-6
    )


def test_old_versions_go_with_both_halves(run):
  base = run[0] / "export" / "latest"
  versions = exporting.version_numbers(base)
  assert len(versions) == 2
  assert sorted(os.listdir(base / "module")) == [str(v) for v in versions]
  assert sorted(os.listdir(base)) == ["model", "module"]


def test_an_export_of_an_older_checkpoint_is_a_newer_version(run, tmp_path):
  path, experiment, _ = run
  copy = tmp_path / "run"
  shutil.copytree(path, copy)
  before = exporting.version_numbers(copy / "export" / "latest")
  version = experiments.export(experiment, str(copy), checkpoint="10")
  assert version.number > max(before)
  manifest = read_json(version.model / "assets.extra" / "manifest.json")
  assert manifest["checkpoint_step"] == 10


def test_leftovers_of_a_killed_export_are_removed(run, tmp_path):
  base = tmp_path / "latest"
  shutil.copytree(run[0] / "export" / "latest", base)
  (base / ".staging" / "module" / "temp-1").mkdir(parents=True)
  (base / "module" / "99").mkdir()
  complete = exporting.version_numbers(base)
  exporting.remove_leftovers(base)
  assert sorted(os.listdir(base)) == ["model", "module"]
  assert sorted(os.listdir(base / "module")) == [str(v) for v in complete]


def test_a_failed_export_is_told_and_the_run_goes_on(
  dense, numbers_npz, tmp_path, monkeypatch
):
  experiment = make_experiment(dense, numbers_npz, exports=exporting.Exports())
  (tmp_path / "export").mkdir()
  (tmp_path / "export" / "latest").touch()  # No directory can be made there.
  result = experiments.train(experiment, str(tmp_path))
  assert result.steps == 20
  assert "error" in result.exports["latest"]
  (tmp_path / "export" / "latest").unlink()
  # Started again, the finished run exports what it lacks.
  again = experiments.train(experiment, str(tmp_path))
  assert (tmp_path / again.exports["latest"]["model"]).is_dir()


def test_a_module_without_an_export_name_is_not_exported(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports("final"),
    module_export_name=None,
  )
  result = experiments.train(experiment, str(tmp_path))
  assert result.exports["final"]["module"] is None
  assert (tmp_path / result.exports["final"]["model"]).is_dir()
  assert len(os.listdir(tmp_path / "export" / "final" / "model")) == 1


def test_a_nested_export_name_nests(dense, numbers_npz, tmp_path):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports("final"),
    module_export_name="text/encoder",
  )
  result = experiments.train(experiment, str(tmp_path))
  module = tmp_path / result.exports["final"]["module"] / "text" / "encoder"
  assert (module / "tfhub_module.pb").exists()


def test_an_exported_module_is_the_next_runs_handle(run, numbers_npz, tmp_path):
  _, experiment, _ = run
  exported = str(_half(run, "module") / "module")
  following = replace(
    experiment, module=modules.ModuleSource(exported), max_steps=10
  )
  result = experiments.train(following, str(tmp_path))
  assert (tmp_path / result.exports["latest"]["module"]).is_dir()


@pytest.mark.parametrize("fields", [{"kind": "best"}, {"keep": 0}])
def test_what_cannot_be_exported_is_refused(fields):
  with pytest.raises(UserError, match="exports"):
    exporting.Exports(**fields)
