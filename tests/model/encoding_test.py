"""Modules are placed once and applied once to the same features."""

import numpy as np
import pytest

from hub_estimator.model import (
  applied_modules,
  encoded_outputs,
  encoders,
  placed_modules,
)
from hub_estimator.model.encoding import encode
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.tensorflow_runtime import tf
from tests.model.pairs import apply

# Files of the room that these tests cover, beside their own.
COVERS = ("graph_modules",)

X = np.arange(16, dtype=np.float32).reshape(4, 4)


def _encode(handle, encoder, features, **options):
  return encode(
    {"module": read_module_info(handle)}, encoder, features, **options
  )


def test_two_outputs_take_one_application(two_outputs):
  taps = encoders.Taps(
    ModuleSource(two_outputs), {"near": "default", "gap": "hidden"}
  )
  with tf.Graph().as_default(), tf.Session() as session:
    encoded = _encode(two_outputs, taps, {"x": tf.constant(X)}, mode="eval")
    assert len(applied_modules()) == 1
    assert len(encoded_outputs()) == 2
    session.run(tf.global_variables_initializer())
    got = session.run(encoded.head_input)
  np.testing.assert_allclose(got["gap"], apply(two_outputs, X, "hidden"))


def test_two_features_take_two_applications_of_one_module(dense):
  towers = encoders.Towers(ModuleSource(dense), "a", "b")
  with tf.Graph().as_default():
    features = {name: tf.constant(X) for name in ("a", "b")}
    encoded = _encode(dense, towers, features, mode="eval")
    assert len(applied_modules()) == 2
    assert placed_modules() == encoded.placed
  (placed,) = encoded.placed
  assert placed.source.handle == dense


def test_a_kept_output_needs_no_module(dense):
  encoder = encoders.Encoder(ModuleSource(dense, trainable=False))
  with tf.Graph().as_default():
    kept = tf.zeros([4, 3])
    encoded = _encode(
      dense, encoder, {encoders.output_key(0): kept}, mode="train"
    )
    assert encoded.head_input is kept
    assert not encoded.placed and not applied_modules()
    # Checkpoints hold the module's variables all the same.
    (stored,) = tf.get_collection(tf.GraphKeys.SAVEABLE_OBJECTS)
    assert "module/kernel" in {spec.name for spec in stored.specs}


@pytest.mark.parametrize("n_towers", [1, 2])
def test_update_ops_come_from_one_tower(batch_norm, n_towers):
  encoder = encoders.Encoder(ModuleSource(batch_norm))
  with tf.Graph().as_default():
    encoded = _encode(
      batch_norm,
      encoder,
      {"x": tf.constant(X)},
      mode="train",
      n_towers=n_towers,
    )
    assert len(applied_modules()) == n_towers
    assert encoded.head_input.shape.as_list() == [4, 3]
  assert len(encoded.update_ops) == 2  # The moving mean and variance.
