"""Checks regularization losses: present, and computed from kernels."""

import re
from collections.abc import Iterator, Sequence

from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import Graph
from hub_estimator.modules import ModuleInfo

_PRODUCT_OPS = re.compile(r"(Batch)?MatMul(V\d)?$|(Depthwise)?Conv\dD|Einsum$")
_PLACEHOLDER_OPS = re.compile("Placeholder")


def check_regularization(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields trainable kernels or matrices without a regularization loss."""
  for graph in _training_graphs(graphs):
    trainable = {
      name
      for name, variable in graph.variant.variables.items()
      if variable.trainable and len(variable.shape) > 1
    }
    if graph.variant.regularization_losses or not trainable:
      continue
    kernels = _kernels(graph) & trainable
    yield Finding(
      "warning" if kernels else "advice",
      "regularization",
      graph.where,
      f"no regularization loss; trainable {'kernels' if kernels else 'matrices'}:"
      f" {len(kernels or trainable)}",
      "consumers who fine-tune it overfit, and have no loss of yours to add",
      "pass kernel_regularizer= to layers and regularizer= to variables; the "
      "losses are exported",
    )


def check_losses(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields losses that depend on an input, on no variable, or on biases."""
  for graph in _training_graphs(graphs):
    fed: dict[str, str] = {}
    constant: list[str] = []
    flat: dict[str, str] = {}
    for loss in graph.variant.regularization_losses:
      names = graph.reach([loss])
      read = graph.variables(names)
      placeholders = graph.ops(names, _PLACEHOLDER_OPS)
      small = sorted(
        n for n in read if len(graph.variant.variables[n].shape) < 2
      )
      if placeholders:
        fed[loss] = placeholders[0]
      elif not read:
        constant.append(loss)
      elif small:
        flat[loss] = small[0]
    if fed:
      yield _fed(graph, fed)
    if constant:
      yield _constant(graph, constant)
    if flat:
      yield _flat(graph, flat)


def _training_graphs(graphs: Sequence[Graph]) -> Sequence[Graph]:
  """Returns the variants that consumers train."""
  return [g for g in graphs if g.is_training] or graphs[:1]


def _kernels(graph: Graph) -> set[str]:
  """Returns the variables that a product reads directly or nearly so."""
  found = set()
  for name in graph.ops(graph.reached_by_outputs, _PRODUCT_OPS):
    for argument in graph.nodes[name].input:
      node = graph.node(argument)
      for _ in range(4):  # Through reads, identities, casts and reshapes.
        if node is None:
          break
        if node.name in graph.variant.variables:
          found.add(node.name)
          break
        node = graph.node(node.input[0]) if node.input else None
  return found


def _fed(graph: Graph, placeholders: dict[str, str]) -> Finding:
  loss, placeholder = next(iter(placeholders.items()))
  return Finding(
    "error",
    "regularization_loss",
    graph.where,
    f"{len(placeholders)} of {_total(graph)} losses depend on an input, such as "
    f"{loss} on {placeholder}",
    "nobody feeds that placeholder, so training fails",
    "use kernel regularizers; activity regularizers can't be exported",
  )


def _constant(graph: Graph, losses: Sequence[str]) -> Finding:
  return Finding(
    "warning",
    "regularization_loss",
    graph.where,
    f"{len(losses)} of {_total(graph)} losses read no variable, such as "
    f"{losses[0]}",
    "they change the loss but train nothing",
    "compute them from the kernels: kernel_regularizer=",
  )


def _flat(graph: Graph, small: dict[str, str]) -> Finding:
  loss, variable = next(iter(small.items()))
  return Finding(
    "advice",
    "regularization_loss",
    graph.where,
    f"{len(small)} of {_total(graph)} losses read biases or scales, such as "
    f"{loss}, which reads {variable}",
    "these are few, and keeping them small makes the fit worse",
    "regularize only kernels",
  )


def _total(graph: Graph) -> int:
  return len(graph.variant.regularization_losses)
