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
