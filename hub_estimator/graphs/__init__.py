"""Stored graphs: walked, inlined, frozen to constants and run."""

from hub_estimator.graphs import networks, sessions
from hub_estimator.graphs.function_inlining import inline_functions
from hub_estimator.graphs.graph_defs import (
  owner,
  reach,
  tensor_names,
  variable_name,
)

__all__ = [
  "inline_functions",
  "networks",
  "owner",
  "reach",
  "sessions",
  "tensor_names",
  "variable_name",
]
