"""Exporters beside a run's versions: those of TensorFlow Hub and of Estimator.

Each is made with the run's serving_input_receiver_fn. An exporter of yours is a
`tf.estimator.Exporter`, or has `name` and `build` as these have.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import gin

from hub_estimator.errors import UserError, check_count
from hub_estimator.model_dir import results
from hub_estimator.tensorflow_runtime import estimator, hub

ServingInputFn: TypeAlias = (
  "Callable[[], estimator.export.ServingInputReceiver]"
)


class ExporterPart(Protocol):
  """Makes a `tf.estimator.Exporter`."""

  @property
  def name(self) -> str:
    """The directory below `export` in the model_dir."""

  def build(self, serving_input_fn: ServingInputFn) -> estimator.Exporter:
    """Returns the exporter.

    Args:
      serving_input_fn: of the run.
    """


@gin.register("latest_module", module="exporters")
@dataclasses.dataclass(frozen=True)
class LatestModule:
  """`hub.LatestModuleExporter`: the modules after each evaluation.

  Its modules lack the variables that only another variant has, and nothing verifies
  them; those of `exports` have all, and are verified.

  Attributes:
    name: the directory below `export` in the model_dir.
    keep: number of exports to keep.
  """

  name: str = "latest_module"
  keep: int = 5

  def __post_init__(self) -> None:
    _check(self, "exporters.latest_module")

  def build(self, serving_input_fn: ServingInputFn) -> estimator.Exporter:
    """Returns the `hub.LatestModuleExporter`."""
    return hub.LatestModuleExporter(
      self.name, serving_input_fn, exports_to_keep=self.keep
    )


@gin.register("latest_model", module="exporters")
@dataclasses.dataclass(frozen=True)
class LatestModel:
  """`tf.estimator.LatestExporter`: the full model after each evaluation.

  Attributes:
    name: the directory below `export` in the model_dir.
    keep: number of exports to keep.
  """

  name: str = "latest_model"
  keep: int = 5

  def __post_init__(self) -> None:
    _check(self, "exporters.latest_model")

  def build(self, serving_input_fn: ServingInputFn) -> estimator.Exporter:
    """Returns the `tf.estimator.LatestExporter`."""
    return estimator.LatestExporter(
      self.name, serving_input_fn, exports_to_keep=self.keep
    )


@gin.register("final_model", module="exporters")
@dataclasses.dataclass(frozen=True)
class FinalModel:
  """`tf.estimator.FinalExporter`: the full model at the end.

  Attributes:
    name: the directory below `export` in the model_dir.
  """

  name: str = "final_model"

  def __post_init__(self) -> None:
    _check(self, "exporters.final_model")

  def build(self, serving_input_fn: ServingInputFn) -> estimator.Exporter:
    """Returns the `tf.estimator.FinalExporter`."""
    return estimator.FinalExporter(self.name, serving_input_fn)


@gin.register("best_model", module="exporters")
@dataclasses.dataclass(frozen=True)
class BestModel:
  """`tf.estimator.BestExporter`: the full model after a better evaluation.

  It exports the first evaluation after a restart, better or not. The kind "best" of
  `exports` never replaces a better version.

  Attributes:
    name: the directory below `export` in the model_dir.
    keep: number of exports to keep.
    metric: of the evaluation.
    smaller_is_better: None means yes for losses and errors, no for other metrics.
  """

  name: str = "best_model"
  keep: int = 5
  metric: str = "loss"
  smaller_is_better: bool | None = None

  def __post_init__(self) -> None:
    _check(self, "exporters.best_model")

  def build(self, serving_input_fn: ServingInputFn) -> estimator.Exporter:
    """Returns the `tf.estimator.BestExporter`."""
    sign = -1 if self._smaller() else 1

    def is_better(
      best_eval_result: Mapping[str, Any],
      current_eval_result: Mapping[str, Any],
    ) -> bool:
      best, now = (
        sign * float(result[self.metric])
        for result in (best_eval_result, current_eval_result)
      )
      return now > best

    return estimator.BestExporter(
      self.name,
      serving_input_fn,
      event_file_pattern="eval/*.tfevents.*",
      compare_fn=is_better,
      exports_to_keep=self.keep,
    )

  def _smaller(self) -> bool:
    if self.smaller_is_better is not None:
      return self.smaller_is_better
    return results.is_better_smaller(self.metric)


def _check(part: Any, where: str) -> None:
  name = part.name
  if not isinstance(name, str) or not name or "/" in name or name[0] == ".":
    raise UserError(f"{where}.name is {name!r}; it must name a directory.")
  if hasattr(part, "keep"):
    check_count(part.keep, f"{where}.keep")


latest_module = LatestModule
latest_model = LatestModel
final_model = FinalModel
best_model = BestModel
