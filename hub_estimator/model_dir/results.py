"""Results of runs: written, read, and compared by their metrics."""

import base64
import dataclasses
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.model_dir import json_files
from hub_estimator.model_dir.result import (
  FAILED,
  FINISHED,
  STOPPED_EARLY,
  Result,
)

__all__ = [
  "FAILED",
  "FINISHED",
  "STOPPED_EARLY",
  "Result",
  "best_of",
  "is_better_smaller",
  "plain",
  "read",
  "without_pictures",
  "write",
]


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
  """Returns a value as JSON has it: no NumPy types, bytes, NaN or infinity.

  Bytes that aren't UTF-8 become {"b64": <base64>}, as TensorFlow Serving has them.
  """
  if isinstance(value, Mapping):
    return {str(k): plain(v) for k, v in value.items()}
  if isinstance(value, (list, tuple)):
    return [plain(v) for v in value]
  if isinstance(value, np.ndarray):
    return plain(value.tolist())
  if isinstance(value, np.generic):
    return plain(value.item())
  if isinstance(value, bytes):
    return _text(value)
  if isinstance(value, float) and not math.isfinite(value):
    return str(value)
  return value


def _text(value: bytes) -> str | dict[str, str]:
  try:
    return value.decode()
  except UnicodeDecodeError:
    return {"b64": base64.b64encode(value).decode("ascii")}
