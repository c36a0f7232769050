"""Checks that inference gives the same answer each time."""

from collections.abc import Collection, Iterator, Sequence

from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import Graph
from hub_estimator.modules import ModuleInfo


def check_dropout(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields outputs that draw at random in variants for inference.

  It is an error if a signature's main output does, or all of them do. A sample
  beside it is what its publisher wants.
  """
  for graph in graphs:
    if graph.is_training:
      continue
    for name, random in sorted(graph.random_outputs.items()):
      outputs = graph.variant.signatures[name].outputs
      where = f"{graph.where}, signature {name!r}"
      ops = sorted(set().union(*random.values()))
      if "default" in random or len(random) == len(outputs):
        yield Finding(
          "error",
          "dropout",
          where,
          f"{_are(random)} random: {', '.join(ops[:3])}",
          "evaluation and serving give a different answer each time",
          "build dropout and noise only for the tags {'train'}",
        )
      else:
        yield Finding(
          "advice",
          "random_outputs",
          where,
          f"{_are(random)} random: {', '.join(ops[:3])}; the other "
          f"{len(outputs) - len(random)} are not",
          "an export can't be compared with the module in these outputs",
          "say so in the documentation, or take the noise as an input",
        )


def _are(outputs: Collection[str]) -> str:
  names = ", ".join(map(repr, sorted(outputs)[:5]))
  more = f" and {len(outputs) - 5} more" if len(outputs) > 5 else ""
  if len(outputs) == 1:
    return f"output {names} is"
  return f"outputs {names}{more} are"
