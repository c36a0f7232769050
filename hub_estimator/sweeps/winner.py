"""The best trial's config and exports, beside the leaderboard."""

import os
import pathlib
import shutil

from hub_estimator import config
from hub_estimator import experiment as experiments
from hub_estimator.sweeps.leaderboard import Row
from hub_estimator.workdir import Workdir, write_text


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
  halves = _exported(row, model_dir)
  if halves is None:
    config.parse([str(run.config)])
    version = experiments.export(config.build("run"), str(model_dir))
    halves = {"model": version.model, "module": version.modules}
  partial, best = directory / ".best.partial", directory / "best"
  shutil.rmtree(partial, ignore_errors=True)
  for name, path in halves.items():
    if path is not None:
      shutil.copytree(path, partial / name / path.name, copy_function=os.link)
  old = directory / ".best.old"
  shutil.rmtree(old, ignore_errors=True)
  if best.exists():
    os.rename(best, old)
  os.rename(partial, best)
  shutil.rmtree(old, ignore_errors=True)
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
