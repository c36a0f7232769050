"""All combinations, or few that hold each value once."""

from hub_estimator.sweeps.combinations import one_at_a_time, product


def test_a_product_has_every_combination_once():
  grids = [[{"a": 1}, {"a": 2}], [{"b": 1}, {"b": 2, "c": 3}]]
  assert list(product(grids)) == [
    {"a": 1, "b": 1},
    {"a": 1, "b": 2, "c": 3},
    {"a": 2, "b": 1},
    {"a": 2, "b": 2, "c": 3},
  ]
  assert list(product([])) == [{}]


def test_one_varies_at_a_time_beside_the_first_of_the_others():
  probes = [[{"a": 1}, {"a": 2}], [{"b": 1, "c": 3}, {"b": 2}]]
  assert one_at_a_time(probes) == [
    {"a": 1, "b": 1, "c": 3},
    {"b": 1, "c": 3, "a": 2},
    {"a": 1, "b": 2},
  ]
  assert one_at_a_time([]) == [{}]
