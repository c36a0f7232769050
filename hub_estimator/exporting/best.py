"""Which version is best: an evaluation compared with all exported before it."""

import math
import pathlib
from collections.abc import Mapping

from hub_estimator.errors import UserError, nearest
from hub_estimator.exporting import manifest
from hub_estimator.exporting.exports import Exports
from hub_estimator.model_dir import read_json, versions, write_json


def is_better(
  export_path: pathlib.Path,
  exports: Exports,
  metrics: Mapping[str, float],
) -> bool:
  """Returns whether an evaluation is better than all that were exported.

  An equal value is not better, so the first of equals stays. NaN never is.

  Args:
    export_path: `export/best`.
    exports: names the metric and its direction.
    metrics: of the evaluation.

  Raises:
    UserError: the evaluation doesn't have the metric.
  """
  if exports.best_metric not in metrics:
    raise UserError(
      f"exports.best_metric {exports.best_metric!r}: "
      + nearest(exports.best_metric, metrics)
    )
  value = float(metrics[exports.best_metric])
  if math.isnan(value):
    return False
  best = _read(export_path, exports)
  if best is None:
    return True
  return value < best if exports.smaller_is_better() else value > best


def record(
  export_path: pathlib.Path,
  exports: Exports,
  metrics: Mapping[str, float],
  *,
  step: int,
  number: int,
) -> None:
  """Writes down that a version is the best so far.

  Args:
    export_path: `export/best`.
    exports: names the metric; if `metrics` doesn't have it, nothing is written.
    metrics: of the version's evaluation.
    step: optimizer step of its checkpoint.
    number: of the version.
  """
  if exports.best_metric in metrics:
    write_json(
      _file(export_path),
      {
        "metric": exports.best_metric,
        "value": float(metrics[exports.best_metric]),
        "step": step,
        "version": number,
      },
    )


def _file(export_path: pathlib.Path) -> pathlib.Path:
  return export_path / "best.json"


def _read(export_path: pathlib.Path, exports: Exports) -> float | None:
  """Returns the best value so far, or None if there is none.

  A version appears before its value is recorded. If the process is killed in
  between, only the version's manifest holds the value, so both are read.
  """
  values = []
  if _file(export_path).exists():
    state = read_json(_file(export_path))
    if state.get("metric") == exports.best_metric:
      values.append(float(state["value"]))
  for number in versions.numbers(export_path):
    held = manifest.read(versions.find(export_path, number).model)
    value = held.get("metrics", {}).get(exports.best_metric)
    if value is not None:
      values.append(float(value))
  values = [value for value in values if not math.isnan(value)]
  if not values:
    return None
  return min(values) if exports.smaller_is_better() else max(values)
