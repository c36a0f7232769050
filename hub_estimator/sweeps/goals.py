"""The values that a sweep compares: metrics, seconds and bytes of a run."""

import math
import pathlib
from collections.abc import Sequence

from hub_estimator.errors import UserError
from hub_estimator.model_dir import results
from hub_estimator.sweeps.sweep import BYTES, SECONDS


def goals_of(
  names: Sequence[str], result: results.Result, model_dir: pathlib.Path
) -> list[float]:
  """Returns the value of each goal of one run.

  Args:
    names: of the goals.
    result: of the run.
    model_dir: of the run.

  Raises:
    UserError: the run has no such metric, or its value isn't finite.
  """
  known = {
    **result.metrics,
    SECONDS: result.seconds["total"],
    BYTES: size_of(result, model_dir),
  }
  values = []
  for name in names:
    if name not in known:
      raise UserError(
        f"sweep.goals names {name!r}; it has: {', '.join(sorted(known))}."
      )
    value = float(known[name])  # A result keeps "nan" and "inf" as text.
    if not math.isfinite(value):
      raise UserError(f"The goal {name!r} is {value}.")
    values.append(value)
  return values


def size_of(result: results.Result, model_dir: pathlib.Path) -> int:
  """Returns the bytes of the exported full model, or else of the checkpoint."""
  models = [
    model_dir / e["model"] for e in result.exports.values() if "model" in e
  ]
  if models:
    files = [p for p in models[-1].rglob("*") if p.is_file()]
  else:
    files = list(model_dir.glob(f"model.ckpt-{result.steps}.*"))
  return sum(p.stat().st_size for p in files)
