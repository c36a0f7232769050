"""Stored graphs: walked, compared, inlined, frozen to constants and run."""

from hub_estimator.graphs import networks, sessions
from hub_estimator.graphs.function_inlining import inline_functions
from hub_estimator.graphs.graph_defs import (
  owner,
  reach,
  same_part,
  tensor_names,
  variable_name,
)
from hub_estimator.graphs.random_draws import find_random_ops

__all__ = [
  "find_random_ops",
  "inline_functions",
  "networks",
  "owner",
  "reach",
  "same_part",
  "sessions",
  "tensor_names",
  "variable_name",
]
