"""The result of a run: read if it is done, collected at its end."""

import logging
from collections.abc import Sequence

from hub_estimator.errors import UserError
from hub_estimator.exporting import OtherExporter, VersionExporter
from hub_estimator.model_dir import checkpoints, results
from hub_estimator.runs.preparing import Prepared
from hub_estimator.runs.request import Request
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics

_log = logging.getLogger(__name__)
RunExporter = VersionExporter | OtherExporter


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
  exporters: Sequence[RunExporter],
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
  model_dir = request.workdir.path
  reports = {one.name: one.report(model_dir) for one in exporters}
  result = results.Result(
    state=results.FINISHED
    if steps >= request.experiment.max_steps
    else results.STOPPED_EARLY,
    steps=steps,
    metrics=results.plain(evaluations.get(steps, {})),
    best=results.best_of(evaluations),
    exports={name: value for name, value in reports.items() if value},
    seconds={"check": prepared.seconds, "total": request.seconds()},
    skipped_records={
      "train": checked.train.skipped,
      "eval": checked.eval.skipped,
    },
  )
  results.write(request.workdir.result, result)
  return result
