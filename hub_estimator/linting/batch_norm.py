"""Checks batch norm: variants, batch statistics and momentum."""

import math
import re
from collections.abc import Iterator, Sequence

from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import FUSED_BATCH_NORM_OPS, Graph
from hub_estimator.modules import ModuleInfo

# At 0.99, a moving average forgets 99% of the old statistics in 460 steps.
_LARGEST_MOMENTUM = 0.99
_MOVING_STATISTIC = re.compile(r"moving_(mean|variance)|population_mean")
_ASSIGNMENT = re.compile(r"Assign(Sub|Add)?(VariableOp)?$")


def check_training_variant(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields batch norm in a module that has no training variant."""
  if any(g.is_training for g in graphs):
    return
  graph = graphs[0]
  if graph.ops(graph.reached_by_outputs, FUSED_BATCH_NORM_OPS) or any(
    _MOVING_STATISTIC.search(v) for v in graph.variant.variables
  ):
    yield Finding(
      "warning",
      "train_variant",
      "variants",
      "it has batch norm but no variant with the tag 'train', only "
      f"{info.tags_text()}",
      "fine-tuning never updates the statistics",
      "build module_fn with training=True for the tags {'train'} as well",
    )


def check_batch_norm(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields batch statistics in inference, and training without updates."""
  for graph in graphs:
    on_batches = _norms_on_batches(graph)
    if on_batches and not graph.is_training:
      yield Finding(
        "error",
        "batch_norm",
        graph.where,
        f"{on_batches[0]} and {len(on_batches) - 1} more normalize by the batch",
        "the output for an example depends on the other examples in its batch",
        "build module_fn with training=False for the variant without 'train'",
      )
    if on_batches and graph.is_training and not graph.variant.update_ops:
      yield Finding(
        "error",
        "batch_norm",
        graph.where,
        f"{len(on_batches)} batch norms, but no update ops",
        "training never updates the statistics that inference reads",
        "let the layers add their updates to UPDATE_OPS",
      )


def _norms_on_batches(graph: Graph) -> list[str]:
  """Returns the fused batch norms that use the statistics of the batch."""
  norms = graph.ops(graph.reached_by_outputs, FUSED_BATCH_NORM_OPS)
  return [n for n in norms if _is_on_batches(graph, n)]


def _is_on_batches(graph: Graph, norm: str) -> bool:
  # True is the default, and stored graphs leave defaults out.
  attr = graph.nodes[norm].attr
  return "is_training" not in attr or bool(attr["is_training"].b)


def check_momentum(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields moving averages that are too slow for small data."""
  for graph in graphs:
    slow: dict[float, list[str]] = {}
    for update in graph.variant.update_ops:
      momentum = _momentum(graph, update)
      if momentum is not None and momentum > _LARGEST_MOMENTUM:
        slow.setdefault(momentum, []).append(update)
    for momentum, updates in sorted(slow.items()):
      steps = math.ceil(math.log(0.01) / math.log(momentum))
      yield Finding(
        "warning",
        "batch_norm_momentum",
        graph.where,
        f"{len(updates)} moving averages have a momentum of {momentum:g}",
        f"the consumer's data makes up 99% of a statistic only after {steps:,} "
        "steps, more than small data or large batches give",
        f"use {_LARGEST_MOMENTUM:g} or less, or add a signature with the "
        "momentum as an input",
      )


def _momentum(graph: Graph, update: str) -> float | None:
  """Returns the momentum in `moving -= (1 - momentum) * (moving - batch)`."""
  node = graph.node(update)
  if node is None or not _ASSIGNMENT.match(node.op) or len(node.input) < 2:
    return None
  names = [node.input[1]]
  for _ in range(3):  # The product may lie below casts and identities.
    nodes = [n for n in map(graph.node, names) if n is not None]
    for inner in nodes:
      if inner.op in ("Mul", "MulNoNan"):
        for argument in inner.input:
          value = graph.scalar(argument)
          if value is not None and 0 < value < 1:
            return round(1 - value, 6)
    names = [name for inner in nodes for name in inner.input]
  return None
