"""One run's outcome: write, read."""

import dataclasses
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.model_dir import workdir

FINISHED = "finished"
STOPPED_EARLY = "stopped early"
FAILED = "failed"


@dataclasses.dataclass(frozen=True)
class Result:
  """What came of a run.

  Attributes:
    state: FINISHED, STOPPED_EARLY or FAILED.
    steps: optimizer steps of the last checkpoint.
    metrics: of the last evaluation, of that checkpoint.
    best: by metric, {"value", "step"} of its best evaluation. Best is largest,
      but for losses and errors, which are best where they are smallest.
    exports: by kind, {"version", "model", "module"}, paths relative to the
      model_dir; or {"error"}.
    seconds: what took how long: "check", "train_and_evaluate", "total".
    skipped_records: bad records that were left out of "train" and "eval".
    error: one line, where the run failed.
  """

  state: str
  steps: int
  metrics: Mapping[str, float]
  best: Mapping[str, Mapping[str, float]]
  exports: Mapping[str, Mapping[str, Any]]
  seconds: Mapping[str, float]
  skipped_records: Mapping[str, int] = dataclasses.field(default_factory=dict)
  error: str | None = None


def write(path: pathlib.Path, result: Result) -> None:
  """Writes a result as JSON; what isn't finite becomes a string."""
  workdir.write_json(path, plain(dataclasses.asdict(result)))


def read(path: pathlib.Path) -> Result:
  """Returns a result.

  Raises:
    UserError: the file can't be read.
  """
  value = workdir.read_json(path)
  fields = {f.name for f in dataclasses.fields(Result)}
  return Result(**{k: v for k, v in value.items() if k in fields})


def is_better_smaller(metric: str) -> bool:
  """Returns whether a metric of tf.estimator's heads is a loss or an error."""
  return "loss" in metric or "error" in metric


def without_pictures(metrics: Mapping[str, Any]) -> dict[str, Any]:
  """Returns metrics but those that are pictures for TensorBoard."""
  return {k: v for k, v in metrics.items() if not isinstance(v, bytes)}


def best_of(
  evaluations: Mapping[int, Mapping[str, float]],
) -> dict[str, dict[str, float]]:
  """Returns the best value of each metric and its step.

  Args:
    evaluations: metrics by step.
  """
  best = {}
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
  """Returns a value as JSON knows it: NumPy's and bytes turned into Python's."""
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
