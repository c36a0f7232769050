"""When a run stops before its last step."""

import dataclasses

import gin

from hub_estimator.errors import UserError, check_count


@gin.register("early_stopping", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class EarlyStopping:
  """Ends a run when a metric stands still.

  Attributes:
    metric: of the evaluation.
    patience_steps: optimizer steps without a better value.
    min_steps: never stops before.
    smaller_is_better: None means: for losses and errors only.
  """

  metric: str
  patience_steps: int
  min_steps: int = 0
  smaller_is_better: bool | None = None

  def __post_init__(self):
    for name, fits, what in (
      ("metric", isinstance(self.metric, str), "a metric's name"),
      (
        "smaller_is_better",
        isinstance(self.smaller_is_better, bool | None),
        "True, False or None",
      ),
    ):
      if not fits:
        raise UserError(
          f"early_stopping.{name} is {getattr(self, name)!r}; it is {what}."
        )
    check_count(self.patience_steps, "early_stopping.patience_steps")
    check_count(self.min_steps, "early_stopping.min_steps", least=0)
