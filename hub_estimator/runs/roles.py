"""What a process does in a run, by its role: alone, or as a task of a cluster."""

import logging
from collections.abc import Callable, Sequence

from hub_estimator import cluster, schemas, training
from hub_estimator.disk import write_text
from hub_estimator.errors import UserError
from hub_estimator.exporting import OtherExporter, VersionExporter
from hub_estimator.model_dir import results
from hub_estimator.runs import known_data, outcome, run_model
from hub_estimator.runs.estimators import export_context, make_run_estimator
from hub_estimator.runs.failures import failure_of, reporting_failure
from hub_estimator.runs.kept_features import keep_features
from hub_estimator.runs.preparing import Prepared, begin, prepare
from hub_estimator.runs.request import Request
from hub_estimator.tensorflow_runtime import estimator, tf

_log = logging.getLogger(__name__)
_EVALUATOR_LOCK = "lock.evaluator"


def train_alone(request: Request) -> results.Result:
  """Trains, evaluates and exports in this process."""
  prepared = prepare(request)
  with request.workdir.lock():
    done = outcome.read_if_done(request)
    if done is not None:
      return done
    run_estimator = _make_estimator(request, prepared)
    begin(request, prepared)
    exporters = _make_exporters(request)
    with reporting_failure(request, run_estimator):
      job = _make_job(request, prepared, run_estimator)
      training.train_alone(job, _called(request, exporters))
    _write_operative_config(request)
    return outcome.write_result(request, prepared, run_estimator, exporters)


def train_as_chief(
  request: Request, task: cluster.Task
) -> results.Result | None:
  """Trains beside workers; evaluates at the end if there is no evaluator."""
  _check_in_cluster(request)
  prepared = prepare(request)
  with request.workdir.lock():
    done = outcome.read_if_done(request)
    if done is not None:
      return done
    run_estimator = _make_estimator(request, prepared, task)
    status = cluster.StatusFiles(request.workdir.path, task)
    begin(request, prepared)
    exporters = _make_exporters(request)
    with reporting_failure(request, run_estimator, status):
      job = _make_job(request, prepared, run_estimator)
      training.train_as_chief(job, status)
      if request.workdir.is_held(_EVALUATOR_LOCK):
        _log.info("Training has ended; the evaluator evaluates and exports.")
        _write_operative_config(request)
        return None
      _log.info(
        "Training has ended; there is no evaluator: the chief evaluates and "
        "exports."
      )
      run_estimator = _make_estimator(request, prepared)
      with request.workdir.lock(_EVALUATOR_LOCK):
        job = _make_job(request, prepared, run_estimator)
        training.train_alone(job, _called(request, exporters))
    _write_operative_config(request)
    return outcome.write_result(request, prepared, run_estimator, exporters)


def train_as_worker(request: Request, task: cluster.Task) -> None:
  """Trains beside the chief until training has ended."""
  _check_in_cluster(request)
  prepared = prepare(request)
  function = prepared.starting(prepared.checked.model_fn)
  run_estimator = make_run_estimator(
    request.experiment, request.workdir, function, task
  )
  status = cluster.StatusFiles(request.workdir.path, task)
  with status.reporting_failure():
    try:
      job = _make_job(request, prepared, run_estimator)
      training.train_as_worker(job, status)
    except tf.errors.OpError as error:
      raise failure_of(error, run_estimator, request.workdir) from error


def serve_variables(request: Request, task: cluster.Task) -> None:
  """Holds variables as a parameter server until training has ended."""
  _check_in_cluster(request)
  # A module's weights are read in the process that holds its variables.
  infos = run_model.checked_infos(request.experiment)
  before = schemas.read(request.workdir.schema)
  data = known_data.read(request.experiment, infos, request.cache, before)
  experiment = data.experiment
  function = run_model.make_function(experiment, infos)
  run_estimator = make_run_estimator(
    experiment, request.workdir, function, task
  )
  status = cluster.StatusFiles(request.workdir.path, task)
  training.serve_variables(run_estimator, experiment, status)


def evaluate_checkpoints(
  request: Request, task: cluster.Task
) -> results.Result:
  """Evaluates and exports each checkpoint until training has ended."""
  _check_in_cluster(request)
  prepared = prepare(request)
  workdir = request.workdir
  with workdir.lock(_EVALUATOR_LOCK):
    done = outcome.read_if_done(request)
    if done is not None:
      return done
    run_estimator = _make_estimator(request, prepared, task)
    status = cluster.StatusFiles(workdir.path, task)
    status.wait(workdir.manifest.exists, lambda: "the chief's manifest.json")
    exporters = _make_exporters(request)
    with reporting_failure(request, run_estimator, status):
      job = _make_job(request, prepared, run_estimator)
      training.evaluate_checkpoints(job, _called(request, exporters), status)
    return outcome.write_result(request, prepared, run_estimator, exporters)


IN_CLUSTER: dict[
  str, Callable[[Request, cluster.Task], results.Result | None]
] = {
  cluster.CHIEF: train_as_chief,
  cluster.WORKER: train_as_worker,
  cluster.PS: serve_variables,
  cluster.EVALUATOR: evaluate_checkpoints,
}


def _check_in_cluster(request: Request) -> None:
  """Raises a UserError for settings that differ in meaning beside other workers."""
  batches = request.experiment.fine_tuning.accumulate_batches
  if batches > 1:
    raise UserError(
      f"fine_tuning.accumulate_batches is {batches}: workers of a cluster would "
      "add to each other's sums; raise run.batch_size or run.towers, or train on "
      "one machine."
    )


def _make_estimator(
  request: Request, prepared: Prepared, task: cluster.Task | None = None
) -> estimator.Estimator:
  function = training.step_blocks.loop(prepared.checked.model_fn)
  return make_run_estimator(
    request.experiment, request.workdir, prepared.starting(function), task
  )


def _make_job(
  request: Request, prepared: Prepared, run_estimator: estimator.Estimator
) -> training.Job:
  return training.Job(
    prepared.checked.experiment,
    keep_features(request.experiment, prepared, run_estimator),
    run_estimator,
    preemption=request.preemption,
    cache=request.cache,
    hooks=[*request.experiment.hooks, *request.hooks],
    rest_applied_at=(request.workdir.read_manifest() or {}).get(
      "rest_applied_at", 0
    ),
  )


def _make_exporters(request: Request) -> list[outcome.RunExporter]:
  experiment = request.experiment
  context = export_context(
    experiment, request.workdir, request.workdir.read_manifest() or {}
  )
  return [
    *(VersionExporter(kind, context) for kind in experiment.exports.kinds),
    *(
      OtherExporter(
        part
        if isinstance(part, estimator.Exporter)
        else part.build(context.serving_input_fn)
      )
      for part in experiment.exporters
    ),
  ]


def _called(
  request: Request, exporters: Sequence[outcome.RunExporter]
) -> list[estimator.Exporter]:
  """Returns what is called after each evaluation."""
  if request.after_evaluation is None:
    return list(exporters)
  return [*exporters, training.AfterEvaluation(request.after_evaluation)]


def _write_operative_config(request: Request) -> None:
  write_text(request.workdir.operative_config, request.operative_config())
