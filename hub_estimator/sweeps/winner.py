"""The best trial's config and exports, beside the leaderboard."""

import contextlib
import os
import pathlib
import shutil
import tempfile
import time

from hub_estimator import runs
from hub_estimator.disk import write_text
from hub_estimator.model_dir import InUse, Version, Workdir, versions
from hub_estimator.sweeps.row import Row

_ATTEMPTS = 60


def write(row: Row, directory: pathlib.Path) -> pathlib.Path | None:
  """Writes best.gin and best/, with the trial's full model and modules.

  The trial's export is hard-linked, not copied. A trial without an export is
  exported now.

  Args:
    row: of the best trial.
    directory: the sweep_dir.

  Returns:
    best/, or None if the trial ran on another machine.

  Raises:
    UserError: what the trial's export needs is gone.
    RunFailed: the export doesn't compute what the trial computes.
  """
  if row.model_dir is None:
    return None
  run = Workdir.at(row.model_dir)
  if not run.config.exists():
    return None
  write_text(directory / "best.gin", run.config.read_text(encoding="utf-8"))
  halves = _exported(row, run.path) or _export(run)
  best = directory / "best"
  with tempfile.TemporaryDirectory(dir=directory, prefix=".best-") as scratch:
    partial, old = pathlib.Path(scratch, "new"), pathlib.Path(scratch, "old")
    for name, path in halves.items():
      if path is not None:
        shutil.copytree(path, partial / name / path.name, copy_function=os.link)
    # If machines share the directory, another command may do this at the same time.
    with contextlib.suppress(FileNotFoundError):
      os.rename(best, old)
    with contextlib.suppress(OSError):
      os.rename(partial, best)
  return best


def _exported(
  row: Row, model_dir: pathlib.Path
) -> dict[str, pathlib.Path | None] | None:
  """Returns both halves of the version exported from the last checkpoint."""
  for kind in ("final", "latest"):
    export = row.exports.get(kind, {})
    if "model" in export:
      module = export["module"]
      return {
        "model": model_dir / export["model"],
        "module": model_dir / module if module else None,
      }
  return None


def _export(run: Workdir) -> dict[str, pathlib.Path | None]:
  """Exports a run's last checkpoint, unless another command has just done so."""
  version = _find_or_export(run)
  return {"model": version.model, "module": version.modules}


def _find_or_export(run: Workdir) -> Version:
  path = run.export / "latest"
  attempt = 0
  while True:
    attempt += 1
    numbers = versions.numbers(path)
    if numbers:
      return versions.find(path, numbers[-1])
    try:
      return runs.export(run.path)
    except InUse:
      if attempt == _ATTEMPTS:
        raise
    time.sleep(1)
