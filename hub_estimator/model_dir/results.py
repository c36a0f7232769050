"""The outcome of a run: written, read, and compared by its metrics."""

import dataclasses
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.model_dir import json_files, result_facts

FINISHED = "finished"
STOPPED_EARLY = "stopped early"
FAILED = "failed"


@dataclasses.dataclass(frozen=True, repr=False)
class Result:
  """The outcome of a run. Printed, it has one fact a line.

  Attributes:
    state: FINISHED, STOPPED_EARLY or FAILED.
    steps: optimizer steps of the last checkpoint.
    metrics: by name, from the evaluation of the last checkpoint.
    best: by metric, {"value", "step"} of its best evaluation: the largest value,
      or the smallest of a loss or an error.
    exports: by kind, {"version", "model", "module"}, paths relative to the
      model_dir; or {"error"}.
    seconds: time spent in "check", "train_and_evaluate" and "total".
    skipped_records: by "train" and "eval", the number of bad records that were
      skipped.
    error: one line if the run failed, otherwise None.
  """

  state: str
  steps: int
  metrics: Mapping[str, float]
  best: Mapping[str, Mapping[str, float]]
  exports: Mapping[str, Mapping[str, Any]]
  seconds: Mapping[str, float]
  skipped_records: Mapping[str, int] = dataclasses.field(default_factory=dict)
  error: str | None = None

  def __repr__(self) -> str:
    return result_facts.to_text(self)

  def _repr_html_(self) -> str:
    return result_facts.to_html(self)


def write(path: pathlib.Path, result: Result) -> None:
  """Writes a result as JSON; a number that isn't finite becomes a string."""
  json_files.write_json(path, plain(dataclasses.asdict(result)))


def read(path: pathlib.Path) -> Result:
  """Returns a result that `write` wrote.

  Fields that this version doesn't know are ignored.

  Raises:
    UserError: the file can't be read.
  """
  value = json_files.read_json(path)
  fields = {f.name for f in dataclasses.fields(Result)}
  return Result(**{k: v for k, v in value.items() if k in fields})


def is_better_smaller(metric: str) -> bool:
  """Returns whether a metric of tf.estimator's heads is a loss or an error."""
  return "loss" in metric or "error" in metric


def without_pictures(metrics: Mapping[str, Any]) -> dict[str, Any]:
  """Returns the metrics that are numbers; others are pictures for TensorBoard."""
  return {k: v for k, v in metrics.items() if not isinstance(v, bytes)}


def best_of(
  evaluations: Mapping[int, Mapping[str, float]],
) -> dict[str, dict[str, float]]:
  """Returns the best value of each metric and its step.

  Values that aren't finite are left out.

  Args:
    evaluations: metrics by step.
  """
  best: dict[str, dict[str, float]] = {}
  for step, metrics in evaluations.items():
    for name, value in metrics.items():
      if name == "global_step" or not math.isfinite(value):
        continue
      value = float(value)
      sign = -1 if is_better_smaller(name) else 1
      if name not in best or sign * value > sign * best[name]["value"]:
        best[name] = {"value": value, "step": int(step)}
  return best


def plain(value: Any) -> Any:
  """Returns a value as JSON has it: no NumPy types, bytes, NaN or infinity."""
  if isinstance(value, Mapping):
    return {str(k): plain(v) for k, v in value.items()}
  if isinstance(value, (list, tuple)):
    return [plain(v) for v in value]
  if isinstance(value, np.ndarray):
    return plain(value.tolist())
  if isinstance(value, np.generic):
    return plain(value.item())
  if isinstance(value, bytes):
    return value.decode("utf-8", "replace")
  if isinstance(value, float) and not math.isfinite(value):
    return str(value)
  return value
