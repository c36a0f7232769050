"""The graph that gives both halves of a version.

The checkpoint is restored into it once. From that one session come the full
model, the modules, and the values that verification compares them with.
"""

import os
import pathlib
from collections.abc import Mapping
from concurrent import futures
from typing import Any

from hub_estimator.converting import tf2
from hub_estimator.exporting import live, manifest, variables, verification
from hub_estimator.exporting.exports import ExportContext
from hub_estimator.exporting.halves import Halves, beside
from hub_estimator.model import pass_through, placed_modules, prediction_names
from hub_estimator.modules import ModuleInfo, ModuleSource, read_module_info
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import tf


def make_halves(
  estimator: tf_estimator.Estimator,
  staging: pathlib.Path,
  *,
  context: ExportContext,
  checkpoint_path: str,
  pool: futures.Executor,
) -> Halves:
  """Exports a checkpoint's full model and modules, and verifies them.

  Args:
    estimator: its model_fn registers its modules in PREDICT mode.
    staging: the directory to write to.
    context: of the run.
    checkpoint_path: the checkpoint to export.
    pool: completes and describes the files in the background.

  Raises:
    VerificationError: the exported files don't compute what the checkpoint
      computes.
    UserError: neither the checkpoint nor the module stores a variable of some
      variant.
  """
  graph = _ExportGraph(estimator, staging / "module", context, pool)
  exporting = tf_estimator.Estimator(
    graph.model_fn, model_dir=estimator.model_dir, config=estimator.config
  )
  saved = exporting.export_saved_model(
    str(staging / "model"),
    graph.serving_input_fn,
    checkpoint_path=checkpoint_path,
  )
  model = pathlib.Path(os.fsdecode(saved))
  halves = Halves(
    model,
    graph.modules if graph.modules.exists() else None,
    {**graph.descriptions, model: pool.submit(manifest.describe, model)},
  )
  if context.verifies:
    halves.wait()  # Describing rewrites files that verification reads.
    assert graph.live is not None, "Estimator restored no checkpoint."
    verification.verify(
      graph.live,
      model=model,
      modules=graph.modules,
      examples=context.examples,
    )
  return halves


class _ExportGraph:
  """A run's graph in PREDICT mode, with a hook where its weights are restored.

  Attributes:
    modules: the directory to which modules are exported.
    descriptions: of each exported module, by its directory.
    live: what the graph computes; None if nothing is to be verified.
  """

  def __init__(
    self,
    estimator: tf_estimator.Estimator,
    modules: pathlib.Path,
    context: ExportContext,
    pool: futures.Executor,
  ) -> None:
    self.modules = modules
    self.descriptions: dict[pathlib.Path, futures.Future[dict[str, Any]]] = {}
    self.live: live.LiveGraph | None = None
    self._estimator = estimator
    self._context = context
    self._pool = pool
    self._receiver: tf_estimator.export.ServingInputReceiver | None = None

  def serving_input_fn(self) -> tf_estimator.export.ServingInputReceiver:
    self._receiver = self._context.serving_input_fn()
    return self._receiver

  def model_fn(
    self,
    features: Mapping[str, tf.Tensor],
    labels: None,
    mode: str,
    config: tf_estimator.RunConfig,
  ) -> tf_estimator.EstimatorSpec:
    """Builds the run's graph, and exports its modules once it is restored."""
    spec = self._estimator.model_fn(
      features=features, labels=labels, mode=mode, config=config
    )
    assert self._receiver is not None  # Estimator asks for the features first.
    fed = self._receiver.receiver_tensors
    spec = pass_through(
      spec, {name: fed[name] for name in self._context.exports.pass_through}
    )
    saver = spec.scaffold.saver or tf.train.Saver(sharded=True)
    restore = saver.restore

    def restore_and_export(session: tf.Session, path: str) -> None:
      restore(session, path)
      self._export_modules(session, path)
      if self._context.verifies:
        self.live = live.read_live(
          session,
          self._receiver,
          prediction_names(spec.predictions),
          self._context.examples,
        )

    # Estimator offers no hook between restoring and saving.
    saver.restore = restore_and_export
    return spec._replace(scaffold=tf.train.Scaffold(saver=saver))

  def _export_modules(self, session: tf.Session, checkpoint_path: str) -> None:
    for placed in placed_modules():
      source = placed.source
      if source.export_name is not None:
        target = self.modules / source.export_name
        placed.module.export(str(target), session)
        completed = self._pool.submit(
          _complete, target, source, placed.info, checkpoint_path
        )
        self.descriptions[target] = completed
        if "tf2" in self._context.exports.formats:
          self.descriptions[beside(target)] = self._pool.submit(
            _convert, target, source, completed
          )


def _complete(
  module: pathlib.Path,
  source: ModuleSource,
  info: ModuleInfo,
  checkpoint_path: str,
) -> dict[str, Any]:
  """Adds the variables of all variants, and returns the module's description."""
  variables.fill(module, source, info, checkpoint_path)
  return manifest.describe(module)


def _convert(
  module: pathlib.Path, source: ModuleSource, completed: futures.Future[Any]
) -> dict[str, Any]:
  """Writes a module as a SavedModel of TensorFlow 2; returns its description.

  Args:
    module: directory of the module.
    source: the module in the run.
    completed: is done once the module is complete.
  """
  completed.result()
  plan = tf2.make_plan(read_module_info(str(module)), source)
  tf2.write_saved_model(plan, beside(module))
  return manifest.describe(beside(module))
