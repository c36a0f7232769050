"""Prepares a run: its check, its starting weights, its files."""

import dataclasses
import hashlib
import logging
import os
from typing import Any

from hub_estimator import inputs, modules, schemas
from hub_estimator.disk import write_text
from hub_estimator.experiments import Experiment
from hub_estimator.exporting import serving
from hub_estimator.model import ModelFn
from hub_estimator.model_dir import (
  StartingWeights,
  Workdir,
  checkpoints,
  starting_weights,
  write_json,
)
from hub_estimator.runs import starting_classes
from hub_estimator.runs.checking import check, check_devices
from hub_estimator.runs.identity import (
  check_same_run,
  check_same_variables,
  identity_of,
  log_masks,
  package_versions,
)
from hub_estimator.runs.image_checks import Images
from hub_estimator.runs.request import Request
from hub_estimator.runs.sequences import log_padding
from hub_estimator.runs.value_errors import reporting_value_errors
from hub_estimator.tensorflow_runtime import tf
from hub_estimator.training import Checked, ProcessCache

_VERIFIED_EXAMPLES = 16
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Prepared:
  """A run that can train.

  Attributes:
    checked: the run.
    start: the weights that it starts with; None if they are the modules' own, or the
      run's last checkpoint.
    seconds: that the check took.
  """

  checked: Checked
  start: StartingWeights | None
  seconds: float = 0.0

  def starting(self, function: ModelFn) -> ModelFn:
    """Returns a model_fn whose graph of training starts with the weights."""
    return function if self.start is None else self.start.taken_by(function)


def check_run(
  experiment: Experiment,
  model_dir: str | os.PathLike[str],
  *,
  cache: ProcessCache | None = None,
) -> Checked:
  """Finds everything that would fail before step 1 of `train`; changes nothing.

  Args:
    experiment: the run's definition.
    model_dir: where the run would be kept.
    cache: of this process's earlier checks.

  Raises:
    UserError: something doesn't fit, model_dir can't be written, or it holds the
      weights of another module or head.
  """
  return _check(experiment, Workdir.at(model_dir), cache).checked


def prepare(request: Request) -> Prepared:
  """Checks a run, and puts its starting weights into the graph of training.

  Args:
    request: to train.

  Raises:
    UserError: as in `check_run`.
  """
  prepared = _check(request.experiment, request.workdir, request.cache)
  if request.first is not None:
    schemas.check_alike(prepared.checked.schema, request.first)
  seconds = request.seconds()
  graph = prepared.checked.graph
  if graph is not None and prepared.start is not None:
    with graph.graph.as_default():
      prepared.start.take()
  return dataclasses.replace(prepared, seconds=seconds)


def _check(
  experiment: Experiment, workdir: Workdir, cache: ProcessCache | None
) -> Prepared:
  workdir.check_writable()
  check_devices(experiment)
  own = starting_weights.is_own(experiment.start_from, workdir)
  resumed = workdir.manifest.exists() and not own
  before = schemas.read(workdir.schema) if resumed else None
  with reporting_value_errors():
    checked = check(experiment, cache=cache, before=before)
  check_same_run(
    workdir, identity_of(experiment, checked), experiment.start_from
  )
  check_same_variables(workdir, checked, experiment.start_from)
  manifest = workdir.read_manifest()
  if manifest is not None and not starting_weights.is_own(
    experiment.start_from, workdir
  ):
    images = Images.of(experiment, checked.infos, checked.specs)
    images.check_manifest(manifest, str(workdir.path))
  start = starting_weights.find(
    experiment.start_from,
    experiment.start_from_variables,
    checked.variables,
    workdir,
  )
  if experiment.start_from is not None:
    start = starting_classes.match(experiment.start_from, start, checked.schema)
  return Prepared(checked, start)


def begin(request: Request, prepared: Prepared) -> None:
  """Writes the files that identify a run; the manifest last.

  Args:
    request: to train.
    prepared: the run.
  """
  experiment, workdir = request.experiment, request.workdir
  checked, start = prepared.checked, prepared.start
  checkpoints.set_damaged_aside(workdir.path)
  if start is not None:
    start.log()
  manifest = {
    **identity_of(experiment, checked),
    "features": {name: _plain(spec) for name, spec in checked.specs.items()},
    "other_features": {
      name: _plain(spec)
      for name, spec in checked.train.specs().items()
      if name in checked.schema.unused
    },
    "images": Images.of(experiment, checked.infos, checked.specs).describe(),
    "started_from": None if start is None else start.report(),
    "seed": experiment.seed,
    "max_steps": experiment.max_steps,
    "rest_applied_at": _rest_applied_at(workdir),
    "working_dir": os.getcwd(),
    "config_sha256": hashlib.sha256(request.config_text.encode()).hexdigest(),
    "versions": package_versions(),
  }
  for name, source in checked.sources.items():
    modules.log_variant(checked.infos[name], source)
  for name, tokenizer in checked.tokenizers.items():
    _log.info("Module %r: %s.", name, tokenizer)
  log_masks(experiment, checked.infos)
  log_padding([checked.train, checked.eval])
  workdir.result.unlink(missing_ok=True)
  write_text(workdir.config, request.config_text)
  checked.report.log()
  checked.report.write(workdir.data_report)
  schemas.write(workdir.schema, checked.schema)
  _write_examples(workdir, checked)
  write_json(workdir.manifest, manifest)


def _rest_applied_at(workdir: Workdir) -> int:
  """Returns the last step at which this run has ended before, or 0.

  There it has applied what was left of its accumulated gradients, also if more
  steps follow now.
  """
  before = workdir.read_manifest() or {}
  last = checkpoints.step_of(tf.train.latest_checkpoint(str(workdir.path)))
  ends = (before.get("max_steps", 0), before.get("rest_applied_at", 0))
  return max([end for end in ends if end <= last], default=0)


def _plain(spec: inputs.FeatureSpec) -> dict[str, Any]:
  sparse = {"sparse": True} if spec.sparse else {}
  return {"dtype": spec.dtype, "shape": spec.shape, **sparse}


def _write_examples(workdir: Workdir, checked: Checked) -> None:
  """Keeps the first batch of evaluation, which exports are verified with."""
  batch, _ = checked.eval.take(slice(0, _VERIFIED_EXAMPLES))
  with tf.io.TFRecordWriter(str(workdir.examples)) as writer:
    for example in serving.serialize(batch, checked.specs):
      writer.write(example)
