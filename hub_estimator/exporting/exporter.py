"""Exports: a checkpoint becomes a version, whole, verified and explained.

The full model is `tf.estimator`'s export, the modules are `hub.Module`'s, as
`hub.LatestModuleExporter` has them, of the same graph. What these leave to chance is
made certain here: both under one number, every variant's variables, one appearance,
a reload before it.
"""

import dataclasses
import hashlib
import logging
import math
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any

import gin
import numpy as np

from hub_estimator import disk
from hub_estimator.errors import UserError, check_count, nearest, one_line
from hub_estimator.exporting import verification
from hub_estimator.handles import module_files
from hub_estimator.model import placed_modules, prediction_names
from hub_estimator.model_dir import (
  Version,
  checkpoints,
  read_json,
  results,
  versions,
  write_json,
)
from hub_estimator.modules import ModuleInfo, ModuleSource
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import tf

_log = logging.getLogger(__name__)
KINDS = ("latest", "best", "final")
_MANIFEST = pathlib.Path("assets.extra") / "manifest.json"


@gin.register("exports", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Exports:
  """What a run exports.

  Attributes:
    kinds: any of "latest", after every evaluation; "best", after an evaluation
      that is better than all before; "final", once, at the end. Empty exports
      nothing.
    keep: versions of each kind that stay; older ones go, both halves together.
    best_metric: of the evaluation, what "best" goes by.
    best_is_smaller: which way is better; None means: smaller for losses and
      errors, larger for all else.
    verify: whether a version is reloaded and compared before it appears.
  """

  kinds: Sequence[str] = ("latest",)
  keep: int = 5
  best_metric: str = "loss"
  best_is_smaller: bool | None = None
  verify: bool = True

  def __post_init__(self):
    if isinstance(self.kinds, str):
      raise UserError(f"exports.kinds is a list: write [{self.kinds!r}].")
    for kind in self.kinds:
      if kind not in KINDS:
        raise UserError(f"exports.kinds has {kind!r}: {nearest(kind, KINDS)}")
    check_count(self.keep, "exports.keep")

  def smaller_is_better(self) -> bool:
    """Returns which way `best_metric` is better."""
    if self.best_is_smaller is not None:
      return self.best_is_smaller
    return results.is_better_smaller(self.best_metric)


@dataclasses.dataclass(frozen=True)
class ExportContext:
  """What every export of a run needs.

  Attributes:
    exports: the user's choices.
    serving_input_fn: returns a `ServingInputReceiver` whose alternative
      "examples" takes serialized tf.Examples.
    modules: source and info of each module that is exported.
    manifest: what each version's manifest starts from.
    examples: serialized tf.Examples of one real batch, for verification.
  """

  exports: Exports
  serving_input_fn: Callable
  modules: Sequence[tuple[ModuleSource, ModuleInfo]]
  manifest: Mapping[str, Any]
  examples: Sequence[bytes]


class VersionExporter(tf_estimator.Exporter):
  """Exports versions of one kind during training.

  A failed export is logged and kept in `error`; the run goes on, because its
  checkpoint is safe and can be exported later.
  """

  def __init__(
    self,
    kind: str,
    context: ExportContext,
    *,
    clock: Callable[[], float] = time.time,
  ):
    """Makes the exporter.

    Args:
      kind: one of KINDS.
      context: of the run.
      clock: seconds since 1970; the version is their whole part.
    """
    self._kind = kind
    self._context = context
    self._clock = clock
    self.version: Version | None = None
    self.error: str | None = None

  @property
  def name(self) -> str:
    return self._kind

  def export(
    self,
    estimator,
    export_path,
    checkpoint_path,
    eval_result,
    is_the_final_export,
  ):
    """Exports `checkpoint_path` if its turn has come; returns the model's path."""
    if self._kind == "final" and not is_the_final_export:
      return None
    export_path = pathlib.Path(os.fsdecode(export_path))
    try:
      if self._kind == "best" and not is_better(
        export_path, self._context.exports, eval_result
      ):
        return None
      self.version = export_version(
        estimator,
        export_path,
        context=self._context,
        checkpoint_path=checkpoint_path,
        metrics=eval_result or {},
        number=int(self._clock()),
      )
      self.error = None
    except Exception as error:  # Whatever it is, training must not die of it.
      self.error = f"{type(error).__name__}: {one_line(error)}"
      _log.error("Export of %s failed: %s", checkpoint_path, self.error)
      _log.debug("", exc_info=True)
      shutil.rmtree(export_path / versions.STAGING, ignore_errors=True)
      return None
    return str(self.version.model)


def export_version(
  estimator: tf_estimator.Estimator,
  export_path: pathlib.Path,
  *,
  context: ExportContext,
  checkpoint_path: str,
  metrics: Mapping[str, float],
  number: int,
) -> Version:
  """Exports a checkpoint as a version and returns it.

  Args:
    estimator: whose model_fn registers its modules in PREDICT mode.
    export_path: `export/<kind>`.
    context: of the run.
    checkpoint_path: what is exported.
    metrics: of its evaluation, for the manifest.
    number: the version; the next free one is taken where it isn't above all
      others.

  Raises:
    VerificationError: what was exported doesn't do what the checkpoint does.
    UserError: a variant has a variable that is stored nowhere.
  """
  started = time.monotonic()
  versions.remove_leftovers(export_path)
  existing = versions.numbers(export_path)
  number = max(number, existing[-1] + 1) if existing else number
  step = checkpoints.step_of(checkpoint_path)
  # The index holds a checksum of every tensor.
  index = pathlib.Path(f"{checkpoint_path}.index").read_bytes()
  checkpoint_sha256 = hashlib.sha256(index).hexdigest()
  with futures.ThreadPoolExecutor() as pool:
    halves = _copy_of_sibling(export_path, context, checkpoint_sha256, pool)
    if halves is None:
      halves = _make(
        estimator,
        export_path / versions.STAGING,
        context,
        checkpoint_path,
        pool,
      )
    model, modules, told = halves
    manifest = results.plain(
      {
        **context.manifest,
        "version": number,
        "checkpoint_step": step,
        "checkpoint_sha256": checkpoint_sha256,
        "metrics": {
          k: v
          for k, v in results.without_pictures(metrics).items()
          if k != "global_step"
        },
      }
    )
    for half, of_half in told.items():
      write_json(half / _MANIFEST, {**manifest, **of_half.result()})
  version = versions.publish(export_path, number, model=model, modules=modules)
  if export_path.name == "best":
    _write_best(export_path, context.exports, metrics, step, number)
  versions.keep_newest(export_path, context.exports.keep)
  _log.info(
    "Exported step %d as %s in %.1f s.",
    step,
    version.model,
    time.monotonic() - started,
  )
  return version


# --- Making ------------------------------------------------------------------


def _make(estimator, staging, context, checkpoint_path, pool):
  """Returns (staged model, staged modules or None, what halves tell), verified.

  One graph, into which the checkpoint is restored once, gives both halves, and
  what verification compares them with.
  """
  modules = staging / "module"
  verifies = context.exports.verify and context.examples
  infos = {source.name: info for source, info in context.modules}
  told, live, receivers = {}, [], []

  def serving_input_fn():
    receivers.append(context.serving_input_fn())
    return receivers[-1]

  def model_fn(features, labels, mode, config):
    spec = estimator.model_fn(
      features=features, labels=labels, mode=mode, config=config
    )
    saver = spec.scaffold.saver or tf.train.Saver(sharded=True)
    restore = saver.restore

    def restore_and_export(session, path):
      restore(session, path)
      for placed in placed_modules():
        if placed.source.export_name is not None:
          target = modules / placed.source.export_name
          placed.module.export(str(target), session)
          told[target] = pool.submit(
            _fill_and_tell,
            target,
            placed.source,
            infos[placed.source.name],
            path,
          )
      if verifies:
        live.append(
          verification.read_live(
            session,
            receivers[-1],
            prediction_names(spec.predictions),
            context.examples,
          )
        )

    # Estimator has no other place between the restoring and the saving.
    saver.restore = restore_and_export
    return spec._replace(scaffold=tf.train.Scaffold(saver=saver))

  made = tf_estimator.Estimator(
    model_fn, model_dir=estimator.model_dir, config=estimator.config
  )
  model = made.export_saved_model(
    str(staging / "model"), serving_input_fn, checkpoint_path=checkpoint_path
  )
  model = pathlib.Path(os.fsdecode(model))
  told[model] = pool.submit(_tell, model)
  for half in told.values() if verifies else ():
    half.result()  # They rewrite files that verification reads.
  if verifies:
    verification.verify(
      live[-1],
      model=model,
      modules=modules,
      examples=context.examples,
    )
  return model, modules if modules.exists() else None, told


def _fill_and_tell(module, source, info, checkpoint_path):
  _fill_variables(module, source, info, checkpoint_path)
  return _tell(module)


def _copy_of_sibling(export_path, context, checkpoint_sha256, pool):
  """Returns staged hard links to another kind's version of a checkpoint.

  "latest" and "best" often export one checkpoint; the work is done once, and
  the bytes are on disk once.
  """
  for kind in KINDS:
    sibling = export_path.parent / kind
    if sibling == export_path or not versions.numbers(sibling):
      continue
    number = versions.numbers(sibling)[-1]
    with versions.pinned(sibling, number) as version:
      manifest = read_json(version.model / _MANIFEST)
      if manifest.get("checkpoint_sha256") != checkpoint_sha256 or manifest.get(
        "averaged"
      ) != context.manifest.get("averaged"):
        continue
      staging = export_path / versions.STAGING
      halves = []
      for name, path in (("model", version.model), ("module", version.modules)):
        if path is not None:
          shutil.copytree(path, staging / name, copy_function=os.link)
        halves.append(None if path is None else staging / name)
      model, modules = halves
      told = {
        half: pool.submit(_tell, half)
        for half in (model, *_module_dirs(modules))
      }
      return model, modules, told
  return None


def _fill_variables(
  module: pathlib.Path,
  source: ModuleSource,
  info: ModuleInfo,
  checkpoint_path: str,
) -> None:
  """Adds the variables of variants that weren't instantiated for the export.

  `hub.Module.export` writes the graphs of all variants and the variables of
  one. What training has moved is taken from the checkpoint, the rest from the
  module that training started with.

  Raises:
    UserError: a variable is in neither.
  """
  wanted = set().union(*(v.variables for v in info.variants.values()))
  if not wanted:
    return
  prefix = str(module / "variables" / "variables")
  reader = tf.train.load_checkpoint(prefix)
  missing = sorted(wanted - set(reader.get_variable_to_shape_map()))
  if not missing:
    return
  exported = _tensors(prefix)
  trained = tf.train.load_checkpoint(checkpoint_path)
  stored = info.path and tf.train.load_checkpoint(
    os.path.join(info.path, "variables", "variables")
  )
  for name in missing:
    if trained.has_tensor(f"{source.name}/{name}"):
      exported[name] = trained.get_tensor(f"{source.name}/{name}")
    elif stored and stored.has_tensor(name):
      exported[name] = stored.get_tensor(name)
    else:
      raise UserError(
        f"Module {info.handle!r} has the variable {name!r} in a variant and "
        "stores it nowhere: neither the checkpoint nor the module holds it."
      )
  _write_tensors(prefix, exported)


def _tensors(prefix: str) -> dict[str, np.ndarray]:
  reader = tf.train.load_checkpoint(prefix)
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


def _write_tensors(prefix: str, tensors: Mapping[str, np.ndarray]) -> None:
  for file in pathlib.Path(prefix).parent.glob("variables*"):
    file.unlink()
  names = sorted(tensors)
  with tf.Graph().as_default(), tf.Session() as session:
    fed = [tf.placeholder(tensors[n].dtype, tensors[n].shape) for n in names]
    save = tf.raw_ops.SaveV2(
      prefix=f"{prefix}_temp/part",
      tensor_names=names,
      shape_and_slices=[""] * len(names),
      tensors=fed,
    )
    with tf.control_dependencies([save]):
      merge = tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[f"{prefix}_temp/part"], destination_prefix=prefix
      )
    session.run(merge, {p: tensors[n] for p, n in zip(fed, names, strict=True)})


# --- Explaining --------------------------------------------------------------


def _module_dirs(modules: pathlib.Path | None) -> list[pathlib.Path]:
  if modules is None:
    return []
  return sorted(p.parent for p in modules.rglob("tfhub_module.pb"))


def _tell(half: pathlib.Path) -> dict[str, Any]:
  """Returns what a half's manifest says of its files, which are on disk then."""
  proto = module_files.write_in_fixed_order(half / "saved_model.pb")
  with futures.ThreadPoolExecutor(max_workers=1) as pool:
    synced = pool.submit(disk.sync_tree, half)
    told = {"signatures": _signatures(proto), "sha256": _checksums(half)}
    synced.result()
  return told


def _signatures(proto) -> dict[str, Any]:
  """Returns inputs and outputs by signature, {"dtype", "shape"} each."""

  def tensors(infos):
    return {
      name: {
        "dtype": tf.as_dtype(info.dtype).name,
        "shape": None
        if info.tensor_shape.unknown_rank
        else [None if d.size < 0 else d.size for d in info.tensor_shape.dim],
      }
      for name, info in sorted(infos.items())
    }

  return {
    name: {"inputs": tensors(s.inputs), "outputs": tensors(s.outputs)}
    for graph in proto.meta_graphs
    for name, s in sorted(graph.signature_def.items())
  }


def _checksums(half: pathlib.Path) -> dict[str, str]:
  """Returns the sha256, hex, of each file but the manifest, by its name."""
  return {
    str(path.relative_to(half)): _sha256(path)
    for path in sorted(half.rglob("*"))
    if path.is_file() and path != half / _MANIFEST
  }


def _sha256(path: pathlib.Path) -> str:
  with path.open("rb") as file:
    return hashlib.file_digest(file, "sha256").hexdigest()


# --- Best --------------------------------------------------------------------


def is_better(
  export_path: pathlib.Path,
  exports: Exports,
  metrics: Mapping[str, float] | None,
) -> bool:
  """Returns whether an evaluation is better than all that were exported.

  Equal is not better, so the first of equals stays. NaN is never better.

  Args:
    export_path: `export/best`.
    exports: names the metric and its direction.
    metrics: of the evaluation.

  Raises:
    UserError: the metric isn't among them.
  """
  metrics = metrics or {}
  if exports.best_metric not in metrics:
    raise UserError(
      f"exports.best_metric {exports.best_metric!r}: "
      + nearest(exports.best_metric, metrics)
    )
  value = float(metrics[exports.best_metric])
  if math.isnan(value):
    return False
  best = _read_best(export_path, exports)
  if best is None:
    return True
  return value < best if exports.smaller_is_better() else value > best


def _best_file(export_path: pathlib.Path) -> pathlib.Path:
  return export_path / "best.json"


def _read_best(export_path: pathlib.Path, exports: Exports) -> float | None:
  """Returns the best value so far, from the state file and the versions.

  A version appears before the file is written; killed in between, the
  version's manifest knows better.
  """
  values = []
  if _best_file(export_path).exists():
    state = read_json(_best_file(export_path))
    if state.get("metric") == exports.best_metric:
      values.append(float(state["value"]))
  for number in versions.numbers(export_path):
    manifest = read_json(versions.find(export_path, number).model / _MANIFEST)
    value = manifest.get("metrics", {}).get(exports.best_metric)
    if value is not None:
      values.append(float(value))
  values = [v for v in values if not math.isnan(v)]
  if not values:
    return None
  return min(values) if exports.smaller_is_better() else max(values)


def _write_best(export_path, exports, metrics, step, number) -> None:
  if exports.best_metric in metrics:
    write_json(
      _best_file(export_path),
      {
        "metric": exports.best_metric,
        "value": float(metrics[exports.best_metric]),
        "step": step,
        "version": number,
      },
    )
