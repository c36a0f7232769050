"""When a run stops before its last step."""

import dataclasses

import gin

from hub_estimator.errors import UserError, check_count


@gin.register("early_stopping", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class EarlyStopping:
  """Stops a run when a metric no longer improves.

  Attributes:
    metric: the name of a metric of the evaluation.
    patience_steps: optimizer steps without a better value after which the run stops.
    min_steps: the run never stops before this step.
    smaller_is_better: None means: only for losses and errors.
  """

  metric: str
  patience_steps: int
  min_steps: int = 0
  smaller_is_better: bool | None = None

  def __post_init__(self) -> None:
    if not isinstance(self.metric, str):
      raise UserError(
        f"early_stopping.metric is {self.metric!r}; it must be a metric's name."
      )
    if not isinstance(self.smaller_is_better, bool | None):
      raise UserError(
        f"early_stopping.smaller_is_better is {self.smaller_is_better!r}; it must "
        "be True, False or None."
      )
    check_count(self.patience_steps, "early_stopping.patience_steps")
    check_count(self.min_steps, "early_stopping.min_steps", least=0)
