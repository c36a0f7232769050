import numpy as np
import pytest

from hub_estimator.inputs.order import Order


def test_every_epoch_has_each_example_once_in_another_order():
  indices = Order(10, seed=1).rows(0, 30).tolist()
  epochs = [indices[i : i + 10] for i in (0, 10, 20)]
  assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
  assert epochs[0] != epochs[1] != epochs[2]


def test_the_order_is_the_same_for_the_same_seed_and_another_for_another():
  def first(seed):
    return Order(100, seed=seed).rows(0, 100).tolist()

  assert first(1) == first(1) != first(2)


@pytest.mark.parametrize("start", [0, 3, 10, 27, 1000])
def test_an_order_can_be_entered_anywhere(start):
  whole = Order(10, seed=1).rows(0, start + 15).tolist()
  assert Order(10, seed=1).rows(start, 15).tolist() == whole[start:]


LARGE = 10_000_019


@pytest.mark.slow
def test_each_of_many_examples_comes_once():
  rows = Order(LARGE, seed=1).rows(0, LARGE)
  assert np.array_equal(np.sort(rows), np.arange(LARGE))
  # As random permutations do: neighbours are unrelated, few examples keep their place.
  assert abs(np.corrcoef(rows[1:], rows[:-1])[0, 1]) < 0.002
  assert np.count_nonzero(rows == np.arange(LARGE)) < 10
  tenths, _ = np.histogram(rows[: LARGE // 10], 10, (0, LARGE))
  assert np.abs(tenths / (LARGE / 100) - 1).max() < 0.02


def test_an_order_of_many_examples_can_be_entered_anywhere():
  whole = Order(LARGE, seed=1).rows(LARGE - 100, 40_000)
  for start in (0, 99, 100, 20_000):
    found = Order(LARGE, seed=1).rows(LARGE - 100 + start, 500)
    assert np.array_equal(found, whole[start : start + 500])
  assert not np.array_equal(whole[100:1000], Order(LARGE, seed=1).rows(0, 900))
  assert not np.array_equal(
    whole, Order(LARGE, seed=2).rows(LARGE - 100, 40_000)
  )
