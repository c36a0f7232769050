"""Checks update ops: only in training, and tied to the signature's input."""

from collections.abc import Iterator, Sequence

from hub_estimator.graphs import owner
from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import Graph, tensors_of
from hub_estimator.modules import ModuleInfo


def check_update_ops(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields updates in inference, of no input, or of some signatures only."""
  for graph in graphs:
    if not graph.variant.update_ops:
      continue
    if not graph.is_training:
      yield _in_inference(graph)
    for users, updates in sorted(_updates_by_signatures(graph).items()):
      if not users:
        yield _without_an_input(graph, updates)
      elif set(users) != set(graph.signatures):
        yield _of_some_signatures(graph, users, updates)


def _updates_by_signatures(graph: Graph) -> dict[tuple[str, ...], list[str]]:
  """Returns update ops by the signatures whose inputs they depend on."""
  inputs_of = {
    name: {owner(n) for n in tensors_of(signature.inputs)}
    for name, signature in graph.signatures.items()
  }
  found: dict[tuple[str, ...], list[str]] = {}
  for update in graph.variant.update_ops:
    reached = graph.reach([update])
    users = sorted(n for n, inputs in inputs_of.items() if inputs & reached)
    found.setdefault(tuple(users), []).append(update)
  return found


def _in_inference(graph: Graph) -> Finding:
  return Finding(
    "warning",
    "update_ops",
    graph.where,
    f"{len(graph.variant.update_ops)} update ops",
    "a consumer who evaluates with this variant may change its variables",
    "add updates only for the tags {'train'}",
  )


def _without_an_input(graph: Graph, updates: Sequence[str]) -> Finding:
  return Finding(
    "warning",
    "update_ops",
    graph.where,
    f"{updates[0]} and {len(updates) - 1} more depend on no input",
    "they run at each application, whatever the input",
    "make each update depend on a value computed from the signature's input",
  )


def _of_some_signatures(
  graph: Graph, users: Sequence[str], updates: Sequence[str]
) -> Finding:
  others = sorted(set(graph.signatures) - set(users))
  return Finding(
    "warning",
    "update_ops",
    graph.where,
    f"{len(updates)} update ops belong only to the signature "
    f"{', '.join(users)}, not to {', '.join(others)}",
    "hub.Module adds all updates for any signature that is applied, and the "
    "others' updates wait for an input that nobody feeds (hub_estimator leaves "
    "them out)",
    "use one signature with several outputs, or one placeholder for all",
  )
