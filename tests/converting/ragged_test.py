"""Ragged outputs are whole in calls, and parts in signatures."""

import numpy as np
import pytest

from hub_estimator import converting, exporting, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo

IMAGES = np.random.default_rng(0).random((5, 8, 8, 3), np.float32)


def test_a_detectors_call_gives_ragged_tensors(tmp_path):
  path = module_zoo.detector(tmp_path / "m")
  new = converting.convert(tmp_path / "new", path)
  loaded = tf.compat.v2.saved_model.load(new)
  found = loaded(tf.constant(IMAGES))
  expected = runs.apply(path, _npz(tmp_path))
  assert isinstance(found["boxes"], tf.RaggedTensor)
  for name in ("boxes", "scores"):
    for row, other in zip(found[name].to_list(), expected[name], strict=True):
      np.testing.assert_allclose(np.ravel(row), np.ravel(other), rtol=1e-5)
  names = [[n.decode() for n in row] for row in found["names"].to_list()]
  assert names == expected["names"].tolist()
  assert set(loaded.signatures["serving_default"].structured_outputs) == {
    *("boxes_values", "boxes_row_splits_0", "names_values", "features"),
    *("names_row_splits_0", "scores_values", "scores_row_splits_0"),
  }


def test_gradients_pass_a_ragged_output(tmp_path):
  new = converting.convert(
    tmp_path / "new", module_zoo.detector(tmp_path / "m")
  )
  loaded = tf.compat.v2.saved_model.load(new)
  with tf.GradientTape() as tape:
    boxes = loaded(tf.constant(IMAGES), training=True)["boxes"]
    loss = tf.reduce_sum(boxes.flat_values**2)
  kernel = next(v for v in loaded.variables if "boxes/kernel" in v.name)
  assert np.any(tape.gradient(loss, kernel).numpy())


def _words(**more):
  """A module of one ragged output with two ragged dimensions."""
  text = tf.placeholder(tf.string, [None, 2])
  split = tf.strings.split(tf.reshape(text, [-1]), result_type="RaggedTensor")
  pairs = tf.RaggedTensor.from_uniform_row_length(split, 2)
  tf.get_variable("unused", [])
  hub.add_signature(inputs={"text": text}, outputs={"words": pairs, **more})


def test_one_output_with_two_ragged_dimensions_is_converted(tmp_path):
  path = testing.export_module(str(tmp_path / "m"), _words)
  new = converting.convert(tmp_path / "new", path)
  loaded = tf.compat.v2.saved_model.load(new)
  text = np.array([["a b", ""], ["c", "d e f"]], object)
  assert loaded(tf.constant(text)).to_list() == [
    [[b"a", b"b"], []],
    [[b"c"], [b"d", b"e", b"f"]],
  ]
  outputs, _ = converting.tf2.apply_saved_model(new, {"text": text})
  assert outputs["words[0]"].tolist() == [b"a", b"b", b"c", b"d", b"e", b"f"]


def test_parts_that_have_the_name_of_another_output_are_refused(tmp_path):
  def module_fn():
    _words(words_values=tf.zeros([1]))

  path = testing.export_module(str(tmp_path / "m"), module_fn)
  with pytest.raises(
    UserError, match="ragged output and 'words_values', its pa"
  ):
    converting.convert(tmp_path / "new", path)


def _npz(tmp_path):
  np.savez(tmp_path / "images.npz", images=IMAGES)
  return str(tmp_path / "images.npz")


@pytest.mark.slow
def test_an_export_with_ragged_outputs_is_converted_and_verified(tmp_path):
  from hub_estimator import inputs
  from hub_estimator.model import encoders
  from hub_estimator.modules import ModuleSource
  from hub_estimator.preprocessing import Adapter
  from tests.small_runs import make_experiment, replace

  path = module_zoo.detector(tmp_path / "m")
  np.savez(tmp_path / "data.npz", images=IMAGES, label=np.arange(5) % 2)
  source = inputs.Npz(str(tmp_path / "data.npz"))
  module = ModuleSource(path, output="features")
  experiment = replace(
    make_experiment(path, source.path),
    encoder=encoders.Encoder(module, Adapter()),
    train_input=source,
    eval_input=source,
    exports=exporting.Exports(["final"], formats=("tf1_hub", "tf2")),
    max_steps=2,
    eval_every_steps=2,
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  exported = tmp_path / "run" / result.exports["final"]["module"]
  loaded = tf.compat.v2.saved_model.load(f"{exported}/module.tf2")
  assert isinstance(loaded(tf.constant(IMAGES))["names"], tf.RaggedTensor)
