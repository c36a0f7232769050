"""The best trial's config and exports, beside the leaderboard."""

import contextlib
import os
import pathlib
import shutil
import tempfile
import time

from hub_estimator import config
from hub_estimator.disk import write_text
from hub_estimator.errors import UserError
from hub_estimator.model_dir import Workdir, versions
from hub_estimator.runs import experiment as experiments
from hub_estimator.sweeps.leaderboard import Row

_ATTEMPTS = 60


def write(row: Row, directory: pathlib.Path) -> pathlib.Path | None:
  """Writes best.gin and best/, with the trial's full model and modules.

  What the trial has exported is linked, not copied; a trial that exports nothing
  is exported now.

  Args:
    row: of the best trial.
    directory: of the sweep.

  Returns:
    best/, or None where the trial ran on another machine.
  """
  model_dir = pathlib.Path(row.model_dir)
  run = Workdir.at(model_dir)
  if not run.config.exists():
    return None
  write_text(directory / "best.gin", run.config.read_text(encoding="utf-8"))
  halves = _exported(row, model_dir) or _export(run)
  best = directory / "best"
  with tempfile.TemporaryDirectory(dir=directory, prefix=".best-") as scratch:
    partial, old = pathlib.Path(scratch, "new"), pathlib.Path(scratch, "old")
    for name, path in halves.items():
      if path is not None:
        shutil.copytree(path, partial / name / path.name, copy_function=os.link)
    # Another command may do the same, where machines share the directory.
    with contextlib.suppress(FileNotFoundError):
      os.rename(best, old)
    with contextlib.suppress(OSError):
      os.rename(partial, best)
  return best


def _exported(row: Row, model_dir) -> dict[str, pathlib.Path | None] | None:
  """Returns the halves of the version that was made of the last checkpoint."""
  for kind in ("final", "latest"):
    export = row.exports.get(kind, {})
    if "model" in export:
      module = export["module"]
      return {
        "model": model_dir / export["model"],
        "module": module and model_dir / module,
      }
  return None


def _export(run: Workdir) -> dict[str, pathlib.Path | None]:
  """Exports a run's last checkpoint, unless another command just did."""
  path = run.export / "latest"
  for attempt in range(1, _ATTEMPTS + 1):
    numbers = versions.numbers(path)
    if numbers:
      version = versions.find(path, numbers[-1])
      break
    config.parse([str(run.config)])
    try:
      version = experiments.export(config.build("run"), str(run.path))
      break
    except UserError as error:
      if "is in use by" not in str(error) or attempt == _ATTEMPTS:
        raise
      time.sleep(1)
  return {"model": version.model, "module": version.modules}
