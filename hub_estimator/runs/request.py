"""A request to train, as a caller makes it."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub_estimator import schemas
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Workdir
from hub_estimator.tensorflow_runtime import estimator
from hub_estimator.training import Preemption, ProcessCache

AfterEvaluationFn = Callable[[int, Mapping[str, Any]], None]


@dataclasses.dataclass(frozen=True)
class Request:
  """All that `train` was asked for.

  Attributes:
    experiment: the run's definition.
    workdir: of the run.
    config_text: for config.gin.
    operative_config: returns the text for operative_config.gin.
    after_evaluation: is called after each evaluation; None calls nothing.
    preemption: whose signals stop the run with a checkpoint.
    cache: of the values that runs of this process share.
    hooks: of the caller, added to training.
    first: the schema of a run that this one is compared with; None is none.
    started: when the request was made, in seconds of `time.monotonic()`.
  """

  experiment: Experiment
  workdir: Workdir
  config_text: str
  operative_config: Callable[[], str]
  after_evaluation: AfterEvaluationFn | None
  preemption: Preemption
  cache: ProcessCache
  hooks: Sequence[estimator.SessionRunHook]
  first: schemas.Schema | None = None
  started: float = dataclasses.field(default_factory=time.monotonic)

  def seconds(self) -> float:
    """Returns the seconds since the request was made."""
    return time.monotonic() - self.started
