"""A signature's token inputs are found by the names that modules give them."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing.tokenizers.token_inputs import (
  find_token_inputs,
)


def _signature(*names):
  return SignatureInfo(
    dict.fromkeys(names, TensorInfo("int32", (None, None))), {}
  )


@pytest.mark.parametrize(
  "ids, mask, segments",
  [
    ("input_ids", "input_mask", "segment_ids"),
    ("input_word_ids", "input_mask", "input_type_ids"),
    ("input_ids", "attention_mask", "token_type_ids"),
  ],
)
def test_names_of_both_generations_are_known(ids, mask, segments):
  assert find_token_inputs(_signature(mask, segments, ids), "x") == {
    "ids": ids,
    "mask": mask,
    "segments": segments,
  }


def test_a_module_may_take_ids_alone():
  assert find_token_inputs(_signature("input_ids"), "x") == {"ids": "input_ids"}


@pytest.mark.parametrize(
  "names, shown", [(("images",), "images"), ((), "nothing")]
)
def test_a_signature_without_ids_is_refused(names, shown):
  with pytest.raises(UserError, match=f"this signature takes: {shown}"):
    find_token_inputs(_signature(*names), "x")
