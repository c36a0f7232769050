from hub_estimator import optimizers


class _Mine(optimizers.SGD):
  pass


def test_optimizers_of_this_package_are_known():
  assert optimizers.is_known(optimizers.SGD())
  assert optimizers.is_known(optimizers.LARS())
  assert not optimizers.is_known(_Mine())


def test_graphs_differ_by_all_but_rates_that_are_numbers():
  def key(*args):
    return optimizers.without_rate(optimizers.SGD(*args))

  assert key(0.1) == key(0.2)
  assert key(0.1) != key(0.1, 0.9)
  assert key(0.1) != optimizers.without_rate(optimizers.Adam(0.1))
  assert key(abs) == optimizers.SGD(abs)
