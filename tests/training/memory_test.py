import dataclasses

import numpy as np

from hub_estimator import inputs, optimizers
from hub_estimator.model import tops
from hub_estimator.runs import checking
from hub_estimator.training.memory import Memory
from tests.small_runs import make_experiment, replace


@dataclasses.dataclass(frozen=True)
class _Part:
  values: list


def test_equal_parts_are_made_once():
  memory, made = Memory(), []

  def make():
    made.append(1)
    return len(made)

  assert memory.recall(("a", _Part([1, 2])), make) == 1
  assert memory.recall(("a", _Part([1, 2])), make) == 1
  assert memory.recall(("a", _Part([1, 3])), make) == 2
  assert memory.recall(("b", _Part([1, 2])), make) == 3


def test_what_cannot_be_compared_is_new_each_time():
  memory = Memory()
  array = np.arange(3)
  assert memory.recall(array, lambda: 1) == 1
  assert memory.recall(np.arange(3), lambda: 2) == 2
  assert memory.recall(object(), lambda: 3) == 3
  assert memory.recall(object(), lambda: 4) == 4


def test_what_was_recalled_last_stays():
  memory = Memory()

  def recall(key, made, is_large=True):
    return memory.recall(key, lambda: made, is_large=is_large)

  for key in (1, 2, 3, 4, 1, 5):
    recall(key, "once")
  assert recall(1, "again") == "once"
  assert recall(2, "again") == "again"
  for key in range(20):
    recall(key, "small", is_large=False)
  assert recall(1, "again") == "once"
  assert recall(0, "again", is_large=False) == "small"


def test_a_check_builds_again_only_what_differs(
  dense, numbers_npz, monkeypatch
):
  built = []
  build = checking._build

  def counting(function, mode, *arguments, **kwargs):
    built.append(mode)
    return build(function, mode, *arguments, **kwargs)

  monkeypatch.setattr(checking, "_build", counting)
  experiment = make_experiment(dense, numbers_npz, module_trainable=False)
  memory = Memory()
  first = checking.check(experiment, memory=memory)
  assert built == ["infer", "train", "eval"]
  for change, again in (
    ({"seed": 5, "batch_size": 8}, []),
    ({"optimizer": optimizers.Adam(0.1)}, []),
    ({"optimizer": optimizers.Adam(0.1, beta1=0.8)}, ["train"]),
    ({"optimizer": optimizers.SGD(0.1)}, ["train"]),
    ({"eval_input": inputs.Npz(numbers_npz, features=["x"])}, []),
    ({"top": tops.MLP([2])}, ["infer", "train", "eval"]),
  ):
    built.clear()
    checked = checking.check(replace(experiment, **change), memory=memory)
    assert built == again, change
    assert checked.specs == first.specs
    assert checked.eval is first.eval
  # Without a memory, all is done.
  built.clear()
  checking.check(experiment)
  assert len(built) == 3
