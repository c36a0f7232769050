import numpy as np
import pytest

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.modules import TensorInfo
from hub_estimator.preprocessing.adapters import Sequence
from hub_estimator.runs import token_lists

TOKENS = Sequence("tokens", TensorInfo("string", (None, None)), is_open=True)
COUNTS = Sequence(
  "sequence_len", TensorInfo("int32", (None,)), is_open=False, counts=True
)


def _check(tokens, counts, **read):
  features = {
    "words": inputs.feature("words", tokens, "a"),
    "n": np.array(counts),
  }
  examples = inputs.Examples(features, np.zeros(len(tokens)), "a.jsonl")
  token_lists.check(examples, {"words": TOKENS, "n": COUNTS, **read})


def test_counts_of_tokens_that_are_there_are_right():
  _check([["a", "b"], ["c"], []], [2, 0, 0])
  _check([["a", "b"], ["c", ""]], [[2], [1]])


@pytest.mark.parametrize(
  ("tokens", "counts", "why"),
  [
    (
      [["a", "b"], ["c"]],
      [2, 2],
      "'n' of example 1 is 2, and 'words' has 1 va",
    ),
    ([["a", "b"], ["c", ""]], [3, 1], "example 0 is 3, and 'words' has 2"),
    ([["a"], ["c", "d"]], [-1, 3], r"example 0 is -1, .*\(2 of 2 examples"),
  ],
)
def test_counts_beyond_the_tokens_are_refused(tokens, counts, why):
  with pytest.raises(UserError, match=f"a.jsonl: {why}|{why}") as told:
    _check(tokens, counts)
  assert "\n" not in str(told.value)


def test_a_sentence_is_no_list_of_words():
  _check(["word", "", " other "], [1, 1, 1])
  with pytest.raises(UserError, match="example 1 is 'two words', and the mod"):
    _check(["word", "two words"], [1, 2])
