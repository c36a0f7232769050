"""The input that tells padding is found by its name and type."""

import pytest

from hub_estimator.modules import (
  SignatureInfo,
  TensorInfo,
  known_mask,
  may_hold_padding,
)

pytestmark = pytest.mark.newest

SEQUENCE = TensorInfo("float32", (None, None, 4))


def signature(**inputs):
  return SignatureInfo(
    {name: TensorInfo(*tensor) for name, tensor in inputs.items()},
    {"default": SEQUENCE},
  )


@pytest.mark.parametrize(
  ("inputs", "mask"),
  [
    (
      {
        "input_ids": ("int32", (None, None)),
        "input_mask": ("int32", (None, None)),
      },
      "input_mask",
    ),
    ({"sequence_len": ("int32", (None,))}, "sequence_len"),
    ({"input_word_ids": ("int32", (None, 8))}, "input_word_ids != 0"),
    ({"words": ("string", (None, None))}, "words != ''"),
    ({"ids": ("int64", (None, None))}, "None"),
    ({"a": ("string", (None, 2)), "b": ("string", (None, 2))}, "None"),
    ({"input_mask": ("int32", (None,))}, "None"),
  ],
)
def test_a_mask_has_a_known_name_or_holds_the_only_words(inputs, mask):
  assert str(known_mask(signature(**inputs), ())) == mask


def test_an_input_with_a_constant_value_tells_nothing():
  found = known_mask(
    signature(sequence_len=("int32", (None,))), ["sequence_len"]
  )
  assert found is None


@pytest.mark.parametrize(
  ("inputs", "shape", "may"),
  [
    ({"x": ("float32", (None, 4))}, (None, 5, 4), False),
    ({"x": ("float32", (None, 4))}, (None, None, 4), True),
    ({"x": ("int64", (None, 5))}, (None, 5, 4), True),
    ({"x": ("string", (None,))}, (None, 5, 4), True),
    ({"x": ("float32", (None, 8, 8, 3))}, (None, None, 4), False),
  ],
)
def test_outputs_of_tokens_may_hold_padding(inputs, shape, may):
  output = TensorInfo("float32", shape)
  assert may_hold_padding(signature(**inputs), output) is may
