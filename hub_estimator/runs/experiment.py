"""A run: check, train, evaluate, export -> Result."""

import contextlib
import dataclasses
import errno
import hashlib
import itertools
import logging
import os
import platform
import re
import shutil
import time
from collections.abc import (
  Callable,
  Collection,
  Iterator,
  Mapping,
)
from importlib import metadata
from typing import Any

from hub_estimator import cluster, exporting, inputs, modules, optimizers
from hub_estimator import features as feature_cache
from hub_estimator.disk import write_text
from hub_estimator.errors import (
  RunFailed,
  UserError,
  nearest,
  one_line,
)
from hub_estimator.experiments import Experiment
from hub_estimator.exporting import serving
from hub_estimator.model import (
  acceleration,
  encoders,
  towers,
)
from hub_estimator.model_dir import (
  StartingWeights,
  Workdir,
  checkpoints,
  open_run,
  results,
  starting_weights,
  versions,
  write_json,
)
from hub_estimator.runs import checking
from hub_estimator.tensorflow_runtime import (
  estimator,
  read_eval_metrics,
  tf,
)
from hub_estimator.training import (
  Memory,
  Preemption,
  hooks,
  many_steps,
  training,
)

_log = logging.getLogger(__name__)
_NO_SPACE = os.strerror(errno.ENOSPC)
_VERIFIED_EXAMPLES = 16
_EVALUATOR_LOCK = "lock.evaluator"


def check_devices(experiment: Experiment) -> None:
  """Raises a UserError for what this machine can't do, or would lose by.

  Args:
    experiment: what the run is made of.
  """
  towers.check(experiment.towers)
  acceleration.check(
    mixed_precision=experiment.mixed_precision, xla=experiment.xla
  )


def check_run(
  experiment: Experiment, model_dir: str, *, memory: Memory | None = None
) -> checking.Checked:
  """Finds all that would fail before step 1 of `train`; changes nothing.

  Args:
    experiment: what the run is made of.
    model_dir: where it would be kept.
    memory: of this process's checks before.

  Raises:
    UserError: something doesn't fit, model_dir can't be written, or it holds
      the weights of another module or head.
  """
  return _check_run(experiment, Workdir.at(model_dir), memory)[0]


def train(
  experiment: Experiment,
  model_dir: str,
  *,
  config_text: str = "",
  operative_config: Callable[[], str] = lambda: "",
  after_evaluation: Callable[[int, Mapping[str, Any]], None] | None = None,
  preemption: Preemption | None = None,
  task: cluster.Task | None = None,
  memory: Memory | None = None,
) -> results.Result | None:
  """Trains, evaluates and exports, or goes on where a run was interrupted.

  Args:
    experiment: what the run is made of.
    model_dir: where it is kept.
    config_text: written as config.gin: what makes this experiment again.
    operative_config: returns what is written as operative_config.gin, asked
      once all graphs were built.
    after_evaluation: is called with the step and the metrics of each; what it
      raises ends the run, which can be resumed.
    preemption: whose signals end the run with a checkpoint; None watches none.
    task: this process's place in a cluster, whose members are all given the same
      run and see its model_dir; `cluster.read_task()` reads it from TF_CONFIG.
      None is a process of its own.
    memory: of this process's runs before, for a process that makes many alike.

  Returns:
    The result, also in result.json. A run that was done before is returned as
    it was, and nothing runs. Of a cluster, the evaluator returns one, and the chief
    where there is no evaluator.

  Raises:
    UserError: something doesn't fit; model_dir is as it was.
    RunFailed: training stopped at a loss that isn't finite, or at an error of
      TensorFlow's, such as a full disk; the last good checkpoint is kept.
    Preempted: a signal came that `preemption` watches for.
  """
  started = time.monotonic()
  workdir = Workdir.at(model_dir)
  preemption = Preemption() if preemption is None else preemption
  memory = Memory() if memory is None else memory
  if task is not None:
    _check_in_cluster(experiment)
    if task.type == cluster.PS:
      _serve_variables(experiment, workdir, task)
      return None
  checked, start = _check_run(experiment, workdir, memory)
  check_seconds = time.monotonic() - started
  if checked.graph is not None and start is not None:
    with checked.graph.graph.as_default():
      start.take()
  if task is not None and task.type == cluster.WORKER:
    _train_as_worker(experiment, workdir, checked, start, task)
    return None
  evaluates_only = task is not None and task.type == cluster.EVALUATOR
  with workdir.lock(_EVALUATOR_LOCK if evaluates_only else "lock"):
    done = _result_if_done(workdir, experiment)
    if done is not None:
      _log.info("Done before: %d steps in %s.", done.steps, workdir.path)
      return done
    made = _make_estimator(
      experiment,
      workdir,
      _starting(many_steps.loop(checked.model_fn), start),
      task,
    )
    board = None if task is None else cluster.Board(workdir.path, task)
    is_left = False  # To the evaluator.
    if evaluates_only:
      board.wait(workdir.manifest.exists, lambda: "the chief's manifest.json")
    else:
      checkpoints.put_damaged_aside(workdir.path)
      _begin(experiment, workdir, checked, start, config_text)
    kinds = experiment.exports.kinds
    context = export_context(experiment, workdir, workdir.read_manifest())
    exporters = [exporting.VersionExporter(kind, context) for kind in kinds]
    asked = list(exporters)
    if after_evaluation is not None:
      asked.append(hooks.AfterEvaluation(after_evaluation))
    with _telling_failure(made, workdir, board, started):
      fed = _with_features(
        experiment, checked, _first_weights(made, checked, start)
      )
      if task is None:
        training.train_alone(made, experiment, fed, asked, preemption, memory)
      elif evaluates_only:
        training.evaluate_checkpoints(made, experiment, fed, asked, board)
      else:
        training.train_as_chief(made, experiment, fed, board, preemption)
        is_left = workdir.is_held(_EVALUATOR_LOCK)
        _log.info(
          "Training has ended; %s evaluates and exports.",
          "the evaluator" if is_left else "there is no evaluator: the chief",
        )
        if not is_left:
          made = _make_estimator(
            experiment, workdir, many_steps.loop(checked.model_fn)
          )
          with workdir.lock(_EVALUATOR_LOCK):
            training.train_alone(
              made, experiment, fed, asked, preemption, memory
            )
    if not evaluates_only:
      write_text(workdir.operative_config, operative_config())
    if is_left:
      return None
    result = _collect(
      made,
      experiment,
      workdir,
      exporters,
      {"check": check_seconds, "total": time.monotonic() - started},
      {"train": checked.train.skipped, "eval": checked.eval.skipped},
    )
    results.write(workdir.result, result)
  return result


def evaluate(
  experiment: Experiment, model_dir: str, *, checkpoint: str | None = None
) -> dict[str, float]:
  """Evaluates a run's checkpoint on `experiment.eval_input`.

  Args:
    experiment: as `train` had it.
    model_dir: of the run.
    checkpoint: None means the last.

  Returns:
    Metrics by name, and "global_step".

  Raises:
    UserError: there is no run or no checkpoint, or the data doesn't fit.
  """
  workdir, manifest = open_run(model_dir)
  _, function = checking.make_model(experiment)
  examples = experiment.eval_input.read()
  served = checking.served_specs(experiment, examples)
  specs = {k: dataclasses.asdict(v) for k, v in served.items()}
  if not _same_specs(specs, manifest["features"]):
    raise UserError(
      f"{examples.source} has features {specs}; the run was trained on "
      f"{manifest['features']}."
    )
  experiment.head.check_labels(examples.labels)
  made = _make_estimator(experiment, workdir, function)
  evaluated = made.evaluate(
    inputs.make_eval_input_fn(examples, batch_size=experiment.eval_batch_size),
    checkpoint_path=find_checkpoint(workdir, checkpoint),
    name="command",
  )
  return results.plain(results.without_pictures(evaluated))


def export(
  experiment: Experiment,
  model_dir: str,
  *,
  checkpoint: str | None = None,
  averaged: bool | None = None,
) -> versions.Version:
  """Exports a run's checkpoint as a version under `export/latest`.

  Args:
    experiment: as `train` had it.
    model_dir: of the run.
    checkpoint: None means the last.
    averaged: whether averaged weights are exported; None means where the run
      has them.

  Raises:
    UserError: there is no run or no checkpoint, the run has no averages, or
      another process works on it.
  """
  workdir, manifest = open_run(model_dir)
  path = find_checkpoint(workdir, checkpoint)
  has_averages = experiment.fine_tuning.average_decay is not None
  if averaged and not has_averages:
    raise UserError(
      f"{str(workdir.path)!r} has no averaged weights; "
      "fine_tuning.average_decay makes them."
    )
  if averaged is False and has_averages:
    raw = dataclasses.replace(experiment.fine_tuning, average_decay=None)
    experiment = dataclasses.replace(experiment, fine_tuning=raw)
  _, function = checking.make_model(experiment)
  made = _make_estimator(experiment, workdir, function)
  evaluations = read_eval_metrics(made.eval_dir())
  with workdir.lock():
    return exporting.export_version(
      made,
      workdir.export / "latest",
      context=export_context(experiment, workdir, manifest),
      checkpoint_path=path,
      metrics=evaluations.get(checkpoints.step_of(path), {}),
      number=int(time.time()),
    )


def make_estimator(
  experiment: Experiment, model_dir: str
) -> estimator.Estimator:
  """Returns the Estimator of an existing run.

  Raises:
    UserError: there is no run at `model_dir`, or its module is gone.
  """
  workdir, _ = open_run(model_dir)
  _, function = checking.make_model(experiment)
  return _make_estimator(experiment, workdir, function)


def export_context(
  experiment: Experiment, workdir: Workdir, manifest: Mapping[str, Any]
) -> exporting.ExportContext:
  """Returns what every export of a run needs.

  Args:
    experiment: as `train` had it.
    workdir: of the run.
    manifest: of the run.
  """
  infos = checking.read_infos(experiment)
  examples = []
  if workdir.examples.exists():
    examples = list(tf.io.tf_record_iterator(str(workdir.examples)))
  return exporting.ExportContext(
    exports=experiment.exports,
    serving_input_fn=checking.make_serving_input_fn(
      experiment, infos, read_specs(manifest)
    ),
    modules=[
      (source, infos[name])
      for name, source in encoders.sources(experiment.encoder).items()
    ],
    manifest={
      **manifest,
      "averaged": experiment.fine_tuning.average_decay is not None,
      "config": workdir.config.read_text(encoding="utf-8"),
    },
    examples=examples,
  )


def read_specs(manifest: Mapping[str, Any]) -> dict[str, inputs.FeatureSpec]:
  """Returns the types of the features that a run was trained on."""
  return {
    name: inputs.FeatureSpec(spec["dtype"], tuple(spec["shape"]))
    for name, spec in manifest["features"].items()
  }


def find_checkpoint(workdir: Workdir, checkpoint: str | None) -> str:
  """Returns the path of a checkpoint of a run.

  Args:
    workdir: of the run.
    checkpoint: a step, a name such as "model.ckpt-500", a path, or None for
      the last.

  Raises:
    UserError: there is none, or it is damaged.
  """
  state = tf.train.get_checkpoint_state(str(workdir.path))
  paths = [
    p
    for p in (state.all_model_checkpoint_paths if state else [])
    if tf.train.checkpoint_exists(p)
  ]
  if not paths:
    raise UserError(f"{workdir.path} has no checkpoint yet.")
  for path in paths[-1:] if checkpoint is None else paths:
    names = (None, path, os.path.basename(path), path.rsplit("-", 1)[-1])
    if checkpoint in names:
      damage = checkpoints.find_damage(path)
      if damage:
        others = ", ".join(os.path.basename(p) for p in paths if p != path)
        raise UserError(
          f"{path} is damaged: {damage}; there is also: {others or 'none'}."
        )
      return path
  if tf.train.checkpoint_exists(checkpoint):
    return checkpoint
  names = [os.path.basename(p) for p in paths]
  raise UserError(f"No checkpoint {checkpoint!r}; {nearest(checkpoint, names)}")


def package_versions() -> dict[str, str]:
  """Returns the version of everything that a run's numbers hang on."""
  found = {"python": platform.python_version()}
  for package in (
    "hub-estimator",
    "tensorflow",
    "tensorflow-estimator",
    "tensorflow-hub",
    "tf-keras",
    "numpy",
    "gin-config",
  ):
    try:
      found[package] = metadata.version(package)
    except metadata.PackageNotFoundError:
      continue
  return found


# --- Steps of train ----------------------------------------------------------


def _check_run(
  experiment: Experiment, workdir: Workdir, memory: Memory | None
) -> tuple[checking.Checked, StartingWeights | None]:
  """Does what `check_run` does; returns what the run starts with, too."""
  workdir.check_writable()
  check_devices(experiment)
  with checking.telling_of_values():
    checked = checking.check(experiment, memory=memory)
  _check_same_run(workdir, _identity(experiment, checked), experiment)
  start = starting_weights.find(
    experiment.start_from,
    experiment.start_from_variables,
    checked.variables,
    workdir,
  )
  return checked, start


def _check_in_cluster(experiment: Experiment) -> None:
  """Raises a UserError for what isn't the same beside other workers."""
  if experiment.fine_tuning.accumulate_batches > 1:
    raise UserError(
      "fine_tuning.accumulate_batches is "
      f"{experiment.fine_tuning.accumulate_batches}: workers of a cluster would "
      "add to each other's sums; raise run.batch_size or run.towers, or train on "
      "one machine."
    )


def _serve_variables(experiment, workdir, task) -> None:
  """Is a parameter server until training has ended."""
  # A module's weights are read where its variables live.
  _, function = checking.make_model(experiment)
  made = _make_estimator(experiment, workdir, function, task)
  training.serve_variables(made, experiment, cluster.Board(workdir.path, task))


def _train_as_worker(experiment, workdir, checked, start, task) -> None:
  """Trains beside the chief until training has ended."""
  made = _make_estimator(
    experiment, workdir, _starting(checked.model_fn, start), task
  )
  board = cluster.Board(workdir.path, task)
  with board.telling_failure():
    try:
      fed = _with_features(
        experiment, checked, _first_weights(made, checked, start)
      )
      training.train_as_worker(made, experiment, fed, board)
    except tf.errors.OpError as error:
      raise _failure(error, made, workdir) from error


def _begin(experiment, workdir, checked, start, config_text) -> None:
  """Writes what a run is known by; the manifest last."""
  if start is not None:
    start.log()
  manifest = {
    **_identity(experiment, checked),
    "features": {k: dataclasses.asdict(v) for k, v in checked.specs.items()},
    "started_from": None if start is None else start.report(),
    "seed": experiment.seed,
    "working_dir": os.getcwd(),
    "config_sha256": hashlib.sha256(config_text.encode()).hexdigest(),
    "versions": package_versions(),
  }
  for name, source in encoders.sources(experiment.encoder).items():
    modules.log_variant(checked.infos[name], source)
  workdir.result.unlink(missing_ok=True)
  write_text(workdir.config, config_text)
  _write_examples(workdir, checked)
  write_json(workdir.manifest, manifest)


@contextlib.contextmanager
def _telling_failure(made, workdir, board, started) -> Iterator[None]:
  """Turns an error of a training step into RunFailed, told in result.json.

  In a cluster, its other members are told as well.
  """
  with contextlib.ExitStack() as stack:
    if board is not None:
      stack.enter_context(board.telling_failure())
    try:
      yield
    except (tf.errors.OpError, OSError, RuntimeError) as error:
      # The writer of events raises a plain RuntimeError.
      if type(error) is RuntimeError and _NO_SPACE not in str(error):
        raise
      failed = error
      if not isinstance(error, RunFailed):
        failed = _failure(error, made, workdir)
      if board is None or board.task.trains:
        # The disk may be full.
        with contextlib.suppress(OSError, tf.errors.OpError):
          results.write(
            workdir.result,
            results.Result(
              state=results.FAILED,
              steps=checkpoints.step_of(made.latest_checkpoint()),
              metrics={},
              best={},
              exports={},
              seconds={"total": time.monotonic() - started},
              error=str(failed),
            ),
          )
      raise failed from error


def _starting(function: Callable, start: StartingWeights | None) -> Callable:
  return function if start is None else start.taken_by(function)


def _first_weights(made, checked, start):
  """Returns the checkpoint that training starts with, and what is taken of it."""
  last = made.latest_checkpoint()
  if last:
    return last, set(checked.variables)
  return None if start is None else (start.checkpoint, start.taken)


def _identity(
  experiment: Experiment, checked: checking.Checked
) -> dict[str, Any]:
  """Returns what can't change under a run's weights."""
  modules_used = {}
  for application in experiment.encoder.applications():
    source = application.module
    info = checked.infos[source.name]
    used = modules_used.setdefault(
      source.name,
      {
        "handle": info.handle,
        "path": info.path,
        "fingerprint": info.fingerprint,
        "signature": source.signature,
        "outputs": [],
        "train_tags": sorted(checked.train_tags[source.name]),
      },
    )
    used["outputs"].append(application.output_of(info))
  return {
    "modules": modules_used,
    "head": repr(experiment.head),
    "top": repr(experiment.top),
  }


def _check_same_run(workdir: Workdir, identity, experiment) -> None:
  """Refuses to resume weights of another module or head."""
  before = workdir.read_manifest()
  if before is None or starting_weights.is_own(experiment.start_from, workdir):
    return
  compared = [
    ("modules", sorted(before.get("modules", {})), sorted(identity["modules"]))
  ]
  for name, now in identity["modules"].items():
    then = before.get("modules", {}).get(name, {})
    keys = ["fingerprint", "signature", "outputs"]
    if then.get("path") != now["path"] or now["path"] is None:
      keys.insert(0, "handle")
    of = "" if len(identity["modules"]) == 1 else f" of module {name!r}"
    for key in keys:
      what = {
        "fingerprint": "content (sha256)",
        "outputs": "output",
      }.get(key, key)
      compared.append((what + of, _shown(then.get(key)), _shown(now[key])))
  compared += [(key, before.get(key), identity[key]) for key in ("head", "top")]
  for what, then, now in compared:
    if then != now:
      raise UserError(
        f"{str(workdir.path)!r} was trained with the {what} {then!r}, and now it "
        f"is {now!r}; choose another model_dir, or set run.start_from = "
        f"{str(workdir.path)!r} to go on from the old weights."
      )


def _shown(value):
  return value[0] if isinstance(value, list) and len(value) == 1 else value


def _result_if_done(workdir: Workdir, experiment) -> results.Result | None:
  if not workdir.result.exists():
    return None
  try:
    result = results.read(workdir.result)
  except UserError as damaged:
    _log.warning("%s It is made anew.", damaged)
    return None
  if result.state == results.FAILED or any(
    "error" in e for e in result.exports.values()
  ):
    return None
  if result.state == results.STOPPED_EARLY and experiment.early_stopping:
    return result
  return result if result.steps >= experiment.max_steps else None


def _make_estimator(
  experiment: Experiment,
  workdir: Workdir,
  function: Callable,
  task: cluster.Task | None = None,
) -> estimator.Estimator:
  with cluster.environment(task):
    config = estimator.RunConfig(
      model_dir=str(workdir.path),
      tf_random_seed=experiment.seed,
      save_checkpoints_steps=experiment.eval_every_steps,
      save_summary_steps=None,  # By a hook.
      log_step_count_steps=experiment.summary_every_steps,
      keep_checkpoint_max=experiment.keep_checkpoints,
    )
  if experiment.towers > 1:
    config = config.replace(
      session_config=towers.with_devices(
        config.session_config, experiment.towers
      )
    )
  return estimator.Estimator(model_fn=function, config=config)


def _with_features(
  experiment: Experiment,
  checked: checking.Checked,
  weights: tuple[str, Collection[str]] | None,
) -> checking.Checked:
  """Returns what was checked, with module outputs in place of their features.

  Args:
    experiment: what the run is made of.
    checked: of it.
    weights: the checkpoint that training starts with, and the names of the
      variables that are taken from it; None where all are the modules' own.
  """
  if checked.outputs is None:
    if checked.unkept is not None:
      _log.info("Features aren't kept: %s.", checked.unkept)
    return checked
  try:
    if weights is not None:
      feature_cache.check_own_weights(
        experiment.encoder, checked.infos, *weights
      )
  except feature_cache.NotKept as reason:
    _log.info("Features aren't kept: %s.", reason)
    return checked
  train, evaluation = checked.outputs.examples()
  return dataclasses.replace(checked, train=train, eval=evaluation)


def _write_examples(workdir: Workdir, checked: checking.Checked) -> None:
  """Keeps the first batch of evaluation: exports are verified with it."""
  features, _ = checked.eval.take(slice(0, _VERIFIED_EXAMPLES))
  with tf.io.TFRecordWriter(str(workdir.examples)) as writer:
    for example in serving.serialize(features, checked.specs):
      writer.write(example)


def _failure(error, made, workdir: Workdir) -> Exception:
  """Returns what to raise for an error of a training step."""
  message = one_line(error)
  checkpoint = made.latest_checkpoint()
  left = (
    f"the last good checkpoint is {checkpoint}"
    if checkpoint
    else "there is no checkpoint yet"
  )
  if optimizers.NOT_FINITE not in message:
    free = shutil.disk_usage(workdir.path).free / 1e6
    space = f" ({free:.1f} MB are free)" if _NO_SPACE in message else ""
    return RunFailed(f"{_essence(error)}{space}; {left}.")
  numbers = re.findall(
    r"\[([^\[\]]+)\]", message.split(optimizers.NOT_FINITE)[1]
  )
  step, loss, norm = (numbers + ["?"] * 3)[:3]
  return RunFailed(
    f"Training stopped at step {step}: the loss is {loss} and its gradient's "
    f"norm {norm}; {left}. A smaller learning rate often helps."
  )


def _essence(error: Exception) -> str:
  """Returns an error of TensorFlow's without where in Python its op was made."""
  text = str(getattr(error, "message", error))
  lines = [line.strip() for line in text.splitlines() if line.strip()]
  told = lines[0] if lines else type(error).__name__
  for before, line in itertools.pairwise(lines):
    if before.startswith("Node: "):  # What follows is TensorFlow's own word.
      told = line.split("[[{{node")[0].strip() or told
      break
    if line.startswith("[[{{node"):
      told = before
      break
  # Of an input that was read in the pipeline.
  return told.removeprefix(f"{UserError.__module__}.{UserError.__name__}: ")


def _collect(
  made, experiment, workdir, exporters, seconds, skipped
) -> results.Result:
  evaluations = dict(read_eval_metrics(made.eval_dir()))
  steps = checkpoints.step_of(made.latest_checkpoint())
  exports = {}
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
  return results.Result(
    state=results.FINISHED
    if steps >= experiment.max_steps
    else results.STOPPED_EARLY,
    steps=steps,
    metrics=results.plain(evaluations.get(steps, {})),
    best=results.best_of(evaluations),
    exports=exports,
    seconds=seconds,
    skipped_records=skipped,
  )


def _same_specs(a: Mapping, b: Mapping) -> bool:
  def norm(specs):
    return {k: (v["dtype"], tuple(v["shape"])) for k, v in specs.items()}

  return norm(a) == norm(b)
