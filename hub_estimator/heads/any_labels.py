"""No head: for a model whose own code computes its loss."""

import dataclasses

from hub_estimator.errors import UserError
from hub_estimator.heads.interface import Labels
from hub_estimator.tensorflow_runtime import estimator


@dataclasses.dataclass(frozen=True)
class AnyLabels:
  """Reads labels of any kind as they are, or none."""

  def build(self) -> estimator.Head:
    """Raises a UserError: there is no loss."""
    raise UserError("run.head is missing.")

  def check_labels(self, labels: Labels) -> None:
    """Accepts all labels."""
