"""The result of a run: read if it is done, collected at its end."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.exporting import VersionExporter
from hub_estimator.model_dir import Workdir, checkpoints, results, versions
from hub_estimator.runs.preparing import Prepared
from hub_estimator.runs.request import Request
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics

_log = logging.getLogger(__name__)


def read_if_done(request: Request) -> results.Result | None:
  """Returns the result of a run that has nothing left to do, or None.

  Args:
    request: to train.
  """
  experiment, workdir = request.experiment, request.workdir
  if not workdir.result.exists():
    return None
  try:
    result = results.read(workdir.result)
  except UserError as damaged:
    _log.warning("%s The run writes it again.", damaged)
    return None
  if result.state == results.FAILED or any(
    "error" in export for export in result.exports.values()
  ):
    return None
  is_done = result.steps >= experiment.max_steps or (
    result.state == results.STOPPED_EARLY
    and experiment.early_stopping is not None
  )
  if not is_done:
    return None
  _log.info("Done before: %d steps in %s.", result.steps, workdir.path)
  return result


def write_result(
  request: Request,
  prepared: Prepared,
  run_estimator: estimator.Estimator,
  exporters: Sequence[VersionExporter],
) -> results.Result:
  """Writes a run's result to result.json, and returns it.

  Args:
    request: to train.
    prepared: the run.
    run_estimator: of the run.
    exporters: that were called after the evaluations.
  """
  evaluations = dict(read_eval_metrics(run_estimator.eval_dir()))
  steps = checkpoints.step_of(run_estimator.latest_checkpoint())
  checked = prepared.checked
  result = results.Result(
    state=results.FINISHED
    if steps >= request.experiment.max_steps
    else results.STOPPED_EARLY,
    steps=steps,
    metrics=results.plain(evaluations.get(steps, {})),
    best=results.best_of(evaluations),
    exports=_exports(request.workdir, exporters),
    seconds={"check": prepared.seconds, "total": request.seconds()},
    skipped_records={
      "train": checked.train.skipped,
      "eval": checked.eval.skipped,
    },
  )
  results.write(request.workdir.result, result)
  return result


def _exports(
  workdir: Workdir, exporters: Sequence[VersionExporter]
) -> dict[str, Mapping[str, Any]]:
  """Returns the newest version of each kind, or the error of its export."""
  exports: dict[str, Mapping[str, Any]] = {}
  for exporter in exporters:
    path = workdir.export / exporter.name
    numbers = versions.numbers(path)
    if exporter.error is not None:
      exports[exporter.name] = {"error": exporter.error}
    elif numbers:
      version = versions.find(path, numbers[-1])
      exports[exporter.name] = {
        "version": version.number,
        "model": str(version.model.relative_to(workdir.path)),
        "module": version.modules
        and str(version.modules.relative_to(workdir.path)),
      }
  return exports
