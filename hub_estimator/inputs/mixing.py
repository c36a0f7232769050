"""Several inputs as one."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs.classes import match_classes
from hub_estimator.inputs.interface import Examples, Input
from hub_estimator.inputs.rearranging import chain, open_lists, select


@gin.register("mix", module="inputs")
@dataclasses.dataclass(frozen=True)
class Mix:
  """Several inputs with the same features, shuffled together.

  An epoch holds every example of every input at least once; inputs whose weight
  exceeds their share of the examples are repeated.

  Attributes:
    sources: the inputs.
    weights: the inputs' shares in an epoch, in any unit; None takes their sizes.
  """

  sources: Sequence[Input]
  weights: Sequence[float] | None = None

  def __post_init__(self) -> None:
    weights = self.weights
    if not self.sources:
      raise UserError("mix.sources is empty.")
    if weights is not None and (
      len(weights) != len(self.sources) or min(weights) <= 0
    ):
      raise UserError(
        f"mix.weights is {list(weights)}; it has one number above 0 for each of "
        f"the {len(self.sources)} sources."
      )

  def read(self) -> Examples:
    """Returns the examples, source by source.

    Raises:
      UserError: the inputs differ in their features or labels.
    """
    read = [source.read() for source in self.sources]
    parts = open_lists(match_classes(read))
    _check_types_agree(parts)
    if self.weights is not None:
      parts = _repeat(parts, self.weights)
    return chain(parts, " + ".join(part.source for part in parts))


def _check_types_agree(parts: Sequence[Examples]) -> None:
  first = parts[0]
  for part in parts[1:]:
    if _types(part) != _types(first):
      raise UserError(
        f"inputs.mix: {first.source} has {_types(first)}, and {part.source} "
        f"has {_types(part)}."
      )


def _repeat(
  parts: Sequence[Examples], weights: Sequence[float]
) -> list[Examples]:
  """Returns the parts, repeated until their sizes are in these proportions."""
  shares = np.array(weights) / sum(weights)
  epoch = max(len(p) / s for p, s in zip(parts, shares, strict=True))
  return [
    select(p, np.resize(np.arange(len(p)), round(s * epoch)), p.source)
    for p, s in zip(parts, shares, strict=True)
  ]


def _types(examples: Examples) -> dict[str, str]:
  """Returns the types of features and labels, by name."""
  types = {name: str(spec) for name, spec in examples.specs().items()}
  if examples.labels is None:
    return types | {"the label": "none"}
  labels = examples.labels
  by_name = labels if isinstance(labels, Mapping) else {"the label": labels}
  return types | {
    name: f"{array.dtype} {list(array.shape[1:])}"
    for name, array in by_name.items()
  }
