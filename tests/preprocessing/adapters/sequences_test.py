"""Lists become SparseTensors without their padding; some may have any length."""

import math

import numpy as np
import pytest

from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import Adapter, adapters
from hub_estimator.preprocessing.adapters.sequences import build_sparse
from hub_estimator.tensorflow_runtime import tf
from tests.preprocessing.fed_modules import feed

WORDS = TensorInfo("string", (None, None), "sparse")


@pytest.mark.parametrize(
  ("value", "dtype", "entries"),
  [
    (np.array([[b"a", b""], [b"", b"b"]], object), "string", [b"a", b"b"]),
    (np.array([[0, -1], [7, 3]]), "int32", [0, 7, 3]),
    (np.array([[0.0, math.nan], [2.0, 3.0]]), "float32", [0.0, 2.0, 3.0]),
    (np.array([[0, 255], [1, 2]], np.uint8), "int64", [0, 255, 1, 2]),
  ],
)
def test_only_padding_is_no_entry(value, dtype, entries):
  with tf.Graph().as_default(), tf.Session() as session:
    sparse = session.run(
      build_sparse(
        tf.constant(value), TensorInfo(dtype, (None, None), "sparse")
      )
    )
  assert sparse.values.tolist() == entries
  assert sparse.dense_shape.tolist() == [2, 2]
  for (row, column), entry in zip(sparse.indices, entries, strict=True):
    assert value[row, column] == entry


def test_features_feed_sparse_inputs_of_a_signature():
  signature = SignatureInfo(
    {"w": WORDS, "x": TensorInfo("float32", (None, 3), "sparse")}, {}
  )
  got = feed(
    signature,
    {
      "w": np.array([b"one", b"two"], object),
      "x": np.array([[1.0, 0.0, 2.0]] * 2, np.float32),
    },
  )
  assert got["w"].values.tolist() == [b"one", b"two"]
  assert got["w"].dense_shape.tolist() == [2, 1]
  assert got["x"].values.tolist() == [1.0, 0.0, 2.0] * 2


@pytest.mark.parametrize(
  ("inputs", "is_open"),
  [
    ({"a": TensorInfo("string", (None, None))}, True),
    ({"a": TensorInfo("int32", (None, 4))}, False),
    ({"a": TensorInfo("float32", (None, None))}, False),
    ({"a": TensorInfo("float32", (None, None), "sparse")}, True),
    ({"a": TensorInfo("float32", (None, 9), "sparse")}, False),
    ({"a": TensorInfo("float32", (None, None, None, 3))}, False),
    (
      {
        "a": TensorInfo("float32", (None, None, 80)),
        "sequence_len": TensorInfo("int32", (None,)),
      },
      True,
    ),
  ],
)
def test_tokens_may_have_any_length_and_numbers_with_a_mask(inputs, is_open):
  found = adapters.find_sequences(
    Adapter(), SignatureInfo(inputs, {}), dict.fromkeys(inputs)
  )
  assert found["a"].is_open == is_open
  assert found["a"].is_sparse == (inputs["a"].kind == "sparse")
