import os

import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment


@pytest.mark.slow
def test_the_full_model_predicts_as_the_checkpoint_does(run, numbers_npz):
  x = np.load(numbers_npz)["x"]
  estimator = runs.make_estimator(run.experiment, str(run.path))
  live = [
    p["logits"]
    for p in estimator.predict(
      lambda: tf.data.Dataset.from_tensors({"x": tf.constant(x)})
    )
  ]
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], str(run.half("model")))
    signature = loaded.signature_def["serving_default"]
    logits = session.run(
      signature.outputs["logits"].name, {signature.inputs["x"].name: x}
    )
  np.testing.assert_allclose(logits, live, rtol=1e-5, atol=1e-6)


def test_the_module_holds_the_fine_tuned_variables_in_both_variants(run):
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(run.path)))
  exported = str(run.half("module") / "module")
  for tags in (set(), {"train"}):
    with tf.Graph().as_default(), tf.Session() as session:
      module = hub.Module(exported, tags=tags)
      session.run(tf.global_variables_initializer())
      for name, value in session.run(module.variable_map).items():
        np.testing.assert_array_equal(
          value, reader.get_tensor(f"module/{name}")
        )


@pytest.mark.slow
def test_a_module_without_an_export_name_is_not_exported(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(["final"]),
    module_export_name=None,
  )
  result = runs.train(experiment, str(tmp_path))
  assert result.exports["final"]["module"] is None
  assert (tmp_path / result.exports["final"]["model"]).is_dir()
  assert len(os.listdir(tmp_path / "export" / "final" / "model")) == 1


@pytest.mark.slow
def test_a_nested_export_name_nests(dense, numbers_npz, tmp_path):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(["final"]),
    module_export_name="text/encoder",
  )
  result = runs.train(experiment, str(tmp_path))
  module = tmp_path / result.exports["final"]["module"] / "text" / "encoder"
  assert (module / "tfhub_module.pb").exists()
