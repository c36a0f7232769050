"""The input that tells tokens from padding is found, and named where it isn't."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import Adapter, adapters
from hub_estimator.tensorflow_runtime import tf

SEQUENCE = TensorInfo("float32", (None, None, 5))
IDS = TensorInfo("int32", (None, None))
LENGTHS = TensorInfo("int32", (None,))
TOKENS = TensorInfo("string", (None, None))


def _find(inputs, output=SEQUENCE, **adapter):
  return adapters.find_mask(
    Adapter(**adapter), SignatureInfo(inputs, {"default": output}), output
  )


@pytest.mark.parametrize(
  ("inputs", "found"),
  [
    ({"input_word_ids": IDS, "input_mask": IDS}, "input_mask"),
    ({"input_ids": IDS, "attention_mask": IDS}, "attention_mask"),
    ({"tokens": TOKENS, "sequence_len": LENGTHS}, "sequence_len"),
    ({"input_word_ids": IDS, "segment_ids": IDS}, "input_word_ids != 0"),
    ({"tokens": TOKENS}, "tokens != ''"),
  ],
)
def test_the_surest_input_is_found(inputs, found):
  assert str(_find(inputs)) == found
  assert str(_find(dict(reversed(inputs.items())), pooling="max")) == found


@pytest.mark.parametrize(
  ("inputs", "output"),
  [
    ({"images": TensorInfo("float32", (None, 8, 8, 3))}, (None, 7, 7, 5)),
    ({"images": TensorInfo("float32", (None, None, None, 3))}, (None, None, 5)),
    ({"x": TensorInfo("float32", (None, 4))}, (None, 4, 5)),
    ({"input_ids": IDS, "input_mask": IDS}, (None, 5)),
  ],
)
def test_space_and_vectors_have_no_mask(inputs, output):
  assert _find(inputs, TensorInfo("float32", output)) is None


@pytest.mark.parametrize("pooling", ["flatten", "mean_with_padding"])
def test_other_poolings_need_no_mask(pooling):
  assert _find({"codes": IDS}, pooling=pooling) is None


@pytest.mark.parametrize(
  "inputs",
  [
    {"codes": IDS},
    {"sentence": TensorInfo("string", (None,))},
    {"samples": TensorInfo("float32", (None, None))},
    {"a": TOKENS, "b": TOKENS},
  ],
)
def test_a_sequence_without_a_mask_is_refused(inputs):
  with pytest.raises(UserError, match="takes no mask.*'mean_with_padding'"):
    _find(inputs)


@pytest.mark.parametrize(
  ("mask", "message"),
  [
    ("code", "names the module input 'code'; .*codes"),
    ("kernel", "'kernel', float32 .*; a mask"),
  ],
)
def test_a_mask_that_cannot_be_one_is_refused(mask, message):
  inputs = {"codes": IDS, "kernel": TensorInfo("float32", (None, 2, 2))}
  with pytest.raises(UserError, match=message):
    _find(inputs, mask=mask)


def _build(fed, length, **info):
  info = {"dtype": fed.dtype.name, "shape": (None, None)} | info
  mask = adapters.Mask(info.pop("name", "input_mask"), TensorInfo(**info))
  with tf.Graph().as_default(), tf.Session() as session:
    output = tf.zeros([len(fed), length, 2])
    tensor = tf.placeholder_with_default(fed, [None] * fed.ndim)
    return session.run(adapters.build_mask(mask, tensor, output, padding_id=0))


def test_masks_mark_the_tokens():
  given = np.array([[1, 0, 1], [0, 0, 0]])
  assert _build(given, 3).tolist() == given.astype(bool).tolist()
  assert _build(given > 0, 3).tolist() == given.astype(bool).tolist()
  lengths = np.array([[2], [0]])
  got = _build(lengths, 3, name="sequence_len", shape=(None, 1))
  assert got.tolist() == [[True, True, False], [False] * 3]


def test_a_mask_of_another_length_fails():
  with pytest.raises(tf.errors.InvalidArgumentError):
    _build(np.ones((2, 1), np.int64), 3)
