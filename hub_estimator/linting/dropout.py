"""Checks that inference gives the same answer each time."""

from collections.abc import Iterator, Sequence

from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import RANDOM_OPS, Graph
from hub_estimator.modules import ModuleInfo


def check_dropout(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields random ops in variants for inference."""
  for graph in graphs:
    if graph.is_training:
      continue
    random = graph.ops(graph.reached_by_outputs, RANDOM_OPS)
    if random:
      yield Finding(
        "error",
        "dropout",
        graph.where,
        f"its outputs are random: {', '.join(random[:3])}",
        "evaluation and serving give a different answer each time",
        "build dropout and noise only for the tags {'train'}",
      )
