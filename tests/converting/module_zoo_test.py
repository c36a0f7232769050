"""Modules after published ones, in TensorFlow 2."""

import numpy as np
import pytest

from hub_estimator import converting
from hub_estimator.converting.calling import python_name
from hub_estimator.modules import random_outputs, read_module_info
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_data, module_zoo

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("module", module_zoo.ALL, ids=lambda m: m.__name__)
def test_a_converted_module_is_the_module(module, tmp_path):
  """All of its signatures are compared; of random outputs, only the names."""
  path = module(tmp_path / "m")
  info = read_module_info(path)
  variant = info.default_variant()
  main = next(n for n, s in sorted(variant.signatures.items()) if s.inputs)
  new = converting.convert(tmp_path / "new", path, signature=main)
  random = random_outputs(info, variant.tags)
  rng = np.random.default_rng(0)
  compared = 0
  for name, signature in variant.signatures.items():
    inputs = {
      key: module_data.rows(tensor, rng, count=signature.batch_size or 8)
      for key, tensor in signature.inputs.items()
    }
    if module is module_zoo.use_lite and inputs:
      inputs = _sparse_ids(rng)
    expected = _by_hand(path, inputs, name, variant.tags)
    found = _served(new, inputs, name)
    assert set(found) == set(expected)
    for key in set(expected) - set(random.get(name, ())):
      if "path" in name or "vocab" in key:  # Of the asset, which has moved.
        continue
      compared += 1
      if expected[key].dtype.kind in "fV":
        np.testing.assert_allclose(
          found[key].astype(np.float32),
          expected[key].astype(np.float32),
          rtol=1e-5,
          atol=1e-6,
        )
      else:
        np.testing.assert_array_equal(found[key], expected[key])
  assert compared


def _sparse_ids(rng):
  """Returns the parts of a SparseTensor of ids: 8 rows of two."""
  rows = np.repeat(np.arange(8), 2)
  return {
    "values": rng.integers(0, 300, 16),
    "indices": np.stack([rows, np.tile([0, 1], 8)], axis=1),
    "dense_shape": np.array([8, 2]),
  }


def _by_hand(path, inputs, signature, tags):
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(path, tags=set(tags))
    given = {key: tf.constant(value) for key, value in inputs.items()}
    outputs = module(given, signature=signature, as_dict=True)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    found = session.run(outputs)
  arrays = {}
  for key, value in found.items():
    if isinstance(value, tf.ragged.RaggedTensorValue):
      arrays[f"{key}_values"] = value.flat_values
      for i, splits in enumerate(value.nested_row_splits):
        arrays[f"{key}_row_splits_{i}"] = splits
    else:
      arrays[key] = np.asarray(value)
  return arrays


def _served(path, inputs, signature):
  call = tf.compat.v2.saved_model.load(path).signatures[signature]
  given = {python_name(k): tf.constant(v) for k, v in inputs.items()}
  return {k: v.numpy() for k, v in call(**given).items()}
