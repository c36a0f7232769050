import dataclasses

import numpy as np

from hub_estimator.training.process_cache import ProcessCache


@dataclasses.dataclass(frozen=True)
class _Part:
  values: list


def test_equal_parts_are_made_once():
  cache, made = ProcessCache(), []

  def make():
    made.append(1)
    return len(made)

  assert cache.get(("a", _Part([1, 2])), make) == 1
  assert cache.get(("a", _Part([1, 2])), make) == 1
  assert cache.get(("a", _Part([1, 3])), make) == 2
  assert cache.get(("b", _Part([1, 2])), make) == 3


def test_what_cannot_be_compared_is_new_each_time():
  cache = ProcessCache()
  array = np.arange(3)
  assert cache.get(array, lambda: 1) == 1
  assert cache.get(np.arange(3), lambda: 2) == 2
  assert cache.get(object(), lambda: 3) == 3
  assert cache.get(object(), lambda: 4) == 4


def test_what_was_recalled_last_stays():
  cache = ProcessCache()

  def get(key, made, is_large=True):
    return cache.get(key, lambda: made, is_large=is_large)

  for key in (1, 2, 3, 4, 1, 5):
    get(key, "once")
  assert get(1, "again") == "once"
  assert get(2, "again") == "again"
  for key in range(20):
    get(key, "small", is_large=False)
  assert get(1, "again") == "once"
  assert get(0, "again", is_large=False) == "small"
