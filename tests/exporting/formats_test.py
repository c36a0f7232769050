"""Modules beside their conversion to TensorFlow 2, in each version."""

import json

import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.exporting import verification
from hub_estimator.handles import packing, resolve
from hub_estimator.model_dir import versions
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import tf
from tests.converting import odd_modules
from tests.converting.both import step_in_session, step_in_tensorflow_2
from tests.exporting.small_exports import Run, read_examples, read_live_graph
from tests.small_runs import make_experiment

X = {"x": np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)}


@pytest.fixture(scope="module")
def converted_run(batch_norm, numbers_npz, tmp_path_factory) -> Run:
  path = tmp_path_factory.mktemp("formats") / "run"
  experiment = make_experiment(
    batch_norm,
    numbers_npz,
    exports=exporting.Exports(["latest", "final"], formats=["tf1_hub", "tf2"]),
    max_steps=10,
  )
  result = runs.train(experiment, str(path))
  assert "error" not in result.exports["latest"], result
  return Run(path, experiment, result)


def test_the_fine_tuned_module_is_there_in_both_formats(converted_run):
  modules = converted_run.half("module")
  assert {p.name for p in modules.iterdir()} == {"module", "module.tf2"}
  in_session = step_in_session(str(modules / "module"), X, training=False)
  in_tensorflow_2 = step_in_tensorflow_2(
    str(modules / "module.tf2"), X, training=False
  )
  np.testing.assert_allclose(
    in_tensorflow_2.outputs["default"], in_session.outputs["default"], rtol=1e-5
  )
  for name, value in in_session.variables.items():
    np.testing.assert_array_equal(in_tensorflow_2.variables[name], value)


def test_its_manifest_names_its_files_and_signatures(converted_run):
  converted = converted_run.half("module") / "module.tf2"
  manifest = json.loads(
    (converted / "assets.extra" / "manifest.json").read_text()
  )
  assert "variables/variables.index" in manifest["sha256"]
  assert set(manifest["signatures"]) == {"default", "other", "serving_default"}
  assert manifest["formats"] == ["tf1_hub", "tf2"]


def test_kinds_share_the_bytes_of_both(converted_run):
  data = "module.tf2/variables/variables.data-00000-of-00001"
  inodes = {
    (converted_run.path / of["module"] / data).stat().st_ino
    for of in converted_run.result.exports.values()
  }
  assert len(inodes) == 1


def test_the_run_is_a_handle_of_its_module_and_packs_it_alone(converted_run):
  found = resolve(str(converted_run.path))
  assert found.is_tf1_module
  assert found.path.endswith("/module")
  assert read_module_info(str(converted_run.path)).variant({"train"})
  numbers = versions.numbers(converted_run.latest)
  version = versions.find(converted_run.latest, numbers[-1])
  assert [p.name for p in packing.pack_version(version)] == ["module.tar.gz"]


def test_a_conversion_with_other_weights_is_found(converted_run, tmp_path):
  modules = converted_run.half("module")
  wrong = tmp_path / "modules" / "module.tf2"
  loaded = tf.compat.v2.saved_model.load(str(modules / "module.tf2"))
  loaded.trainable_variables[0].assign_add(
    0.01 * tf.ones_like(loaded.trainable_variables[0])
  )
  tf.compat.v2.saved_model.save(loaded, str(wrong), loaded.signatures)
  (tmp_path / "modules" / "module").symlink_to(modules / "module")
  with pytest.raises(
    verification.VerificationError,
    match="'module', converted to TensorFlow 2,: variable .* differs",
  ):
    verification.verify(
      read_live_graph(converted_run),
      model=converted_run.half("model"),
      modules=tmp_path / "modules",
      examples=read_examples(converted_run),
    )


def test_a_module_that_cannot_be_converted_is_refused_before_step_1(
  tmp_path, numbers_npz
):
  module = odd_modules.export(tmp_path / "m", odd_modules.queue)
  experiment = make_experiment(
    module,
    numbers_npz,
    exports=exporting.Exports(formats=["tf1_hub", "tf2"]),
  )
  with pytest.raises(
    UserError, match="can't become a SavedModel of Tens.*FIFO"
  ):
    runs.train(experiment, str(tmp_path / "run"))
  assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
  "formats, message",
  [
    ("tf2", r"must be a list: write \['tf2'\]"),
    (["tf1_hub", "tf3"], "has 'tf3': did you mean 'tf2'"),
    (["tf2"], "must include 'tf1_hub'"),
  ],
)
def test_formats_that_make_no_sense_are_refused(formats, message):
  with pytest.raises(UserError, match=message):
    exporting.Exports(formats=formats)
