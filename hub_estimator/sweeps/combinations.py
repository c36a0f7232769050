"""Combinations of values: all of them, or few that hold each value once."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# The values of some parameters, by name.
Params = dict[str, Any]


def product(grids: Iterable[Iterable[Params]]) -> Iterator[Params]:
  """Yields every combination of one entry from each grid."""
  for combination in itertools.product(*grids):
    yield {k: v for part in combination for k, v in part.items()}


def one_at_a_time(probes: Sequence[Sequence[Params]]) -> list[Params]:
  """Returns combinations in which each probe occurs beside the others' first.

  Args:
    probes: the values to try, one sequence for each parameter; no name occurs in
      two sequences.
  """
  first = {k: v for of_one in probes for k, v in of_one[0].items()}
  combinations = [first]
  for of_one in probes:
    others = {k: v for k, v in first.items() if k not in of_one[0]}
    combinations += [others | probe for probe in of_one[1:]]
  return combinations
