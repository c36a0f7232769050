"""Several heads on one model."""

import dataclasses
from collections.abc import Mapping

import gin

from hub_estimator.errors import UserError, nearest
from hub_estimator.heads.interface import Labels, NamedHead
from hub_estimator.tensorflow_runtime import estimator


@gin.register("multi", module="heads")
@dataclasses.dataclass(frozen=True)
class Multi:
  """Several heads on one model; the loss is the weighted sum of theirs.

  Each head reads the label column of its name:
  `inputs.csv.label = ["stars", "spam"]`.

  Attributes:
    heads: the heads by name.
    weights: weights of the heads' losses, by name; a head without one weighs 1.
  """

  heads: Mapping[str, NamedHead]
  weights: Mapping[str, float] | None = None

  def __post_init__(self) -> None:
    if not isinstance(self.heads, Mapping) or not self.heads:
      raise UserError(
        f"multi.heads is {self.heads!r}; it must map names to heads, such as "
        "{'stars': @heads.regression()}."
      )
    for name in self.weights or {}:
      if name not in self.heads:
        raise UserError(
          f"multi.weights names the head {name!r}; {nearest(name, self.heads)}"
        )

  def build(self) -> estimator.Head:
    """Returns a `tf.estimator.MultiHead`."""
    weights = self.weights or {}
    return estimator.MultiHead(
      [head.build(name) for name, head in self.heads.items()],
      [weights.get(name, 1.0) for name in self.heads],
    )

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if a column is missing, or doesn't suit its head."""
    columns = labels if isinstance(labels, Mapping) else {}
    if set(columns) != set(self.heads):
      given = ", ".join(sorted(columns)) or "one column without a name"
      names = ", ".join(f'"{name}"' for name in self.heads)
      raise UserError(
        f"Labels are {given}; heads.multi needs one column per head: "
        f"label = [{names}]."
      )
    for name, head in self.heads.items():
      try:
        head.check_labels(columns[name])
      except UserError as error:
        raise UserError(f"Head {name!r}: {error}") from error
