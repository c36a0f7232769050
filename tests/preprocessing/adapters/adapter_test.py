"""An adapter refuses choices that can't be meant."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.preprocessing import Adapter, augmentations, tokenizers


def test_an_unknown_pooling_is_refused():
  with pytest.raises(UserError, match="did you mean 'mean'"):
    Adapter(pooling="meen")


def test_a_constant_without_all_modes_is_refused():
  with pytest.raises(UserError, match="one for each of train, eval, infer"):
    Adapter(constants={"momentum": {"train": 0.9}})


@pytest.mark.parametrize("name", ["inputs", "constants"])
def test_a_map_that_is_no_map_is_refused(name):
  with pytest.raises(
    UserError, match=rf"adapter\.{name} is 'x'; it must map names"
  ):
    Adapter(**{name: "x"})


@pytest.mark.parametrize(
  "choices",
  [
    {"augment": [augmentations.Flip]},
    {"tokenizer": tokenizers.Wordpiece},
    {"tokenizer": "wordpiece"},
  ],
)
def test_a_part_that_is_not_called_is_refused(choices):
  with pytest.raises(UserError, match="called"):
    Adapter(**choices)
