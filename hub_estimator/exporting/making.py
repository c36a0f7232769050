"""Making a version: from a checkpoint to the complete files in their place.

The full model is exported by `tf.estimator`, the modules by `hub.Module`, both
from one graph. This room adds what these leave to chance: one number for both,
the variables of all variants, a reload that compares them with the checkpoint,
and a version that appears complete or not at all.
"""

import hashlib
import logging
import pathlib
import time
from collections.abc import Mapping
from concurrent import futures
from typing import Any

from hub_estimator.exporting import best
from hub_estimator.exporting.export_graph import make_halves
from hub_estimator.exporting.exports import ExportContext
from hub_estimator.exporting.sibling import link_halves
from hub_estimator.model_dir import Version, checkpoints, results, versions
from hub_estimator.tensorflow_runtime import estimator as tf_estimator

_log = logging.getLogger(__name__)


def export_version(
  estimator: tf_estimator.Estimator,
  export_path: pathlib.Path,
  *,
  context: ExportContext,
  checkpoint_path: str,
  metrics: Mapping[str, float],
  number: int,
) -> Version:
  """Exports a checkpoint as a version and returns the version.

  Args:
    estimator: its model_fn registers its modules in PREDICT mode.
    export_path: `export/<kind>`.
    context: of the run.
    checkpoint_path: the checkpoint to export.
    metrics: of the checkpoint's evaluation, for the manifest.
    number: of the version; if it isn't above all existing numbers, the next
      free one is used.

  Raises:
    VerificationError: the exported files don't compute what the checkpoint
      computes.
    UserError: neither the checkpoint nor the module stores a variable of some
      variant.
  """
  started = time.monotonic()
  step = checkpoints.step_of(checkpoint_path)
  _log.info("Exporting step %d to %s.", step, export_path)
  versions.remove_leftovers(export_path)
  number = _free_number(export_path, number)
  facts = _facts(context, checkpoint_path, metrics, number)
  with futures.ThreadPoolExecutor() as pool:
    halves = link_halves(export_path, facts, pool=pool)
    if halves is None:
      halves = make_halves(
        estimator,
        export_path / versions.STAGING,
        context=context,
        checkpoint_path=checkpoint_path,
        pool=pool,
      )
    halves.write_manifests(facts, context.schema)
  version = versions.publish(
    export_path, number, model=halves.model, modules=halves.modules
  )
  if export_path.name == "best":
    best.record(export_path, context.exports, metrics, step=step, number=number)
  versions.keep_newest(export_path, context.exports.keep)
  seconds = time.monotonic() - started
  _log.info("Exported step %d as %s in %.1f s.", step, version.model, seconds)
  return version


def _free_number(export_path: pathlib.Path, number: int) -> int:
  """Returns `number`, or the one after the newest version's if that is larger."""
  existing = versions.numbers(export_path)
  return max(number, existing[-1] + 1) if existing else number


def _facts(
  context: ExportContext,
  checkpoint_path: str,
  metrics: Mapping[str, float],
  number: int,
) -> dict[str, Any]:
  """Returns the part of the manifest that all halves of a version share."""
  numeric = results.without_pictures(metrics)
  return results.plain(
    {
      **context.manifest,
      "version": number,
      "formats": sorted(set(context.exports.formats)),
      "checkpoint_step": checkpoints.step_of(checkpoint_path),
      "checkpoint_sha256": _checksum(checkpoint_path),
      "metrics": {k: v for k, v in numeric.items() if k != "global_step"},
    }
  )


def _checksum(checkpoint_path: str) -> str:
  """Returns a sha256, hex, that identifies a checkpoint's tensors."""
  # The index holds a checksum of every tensor.
  index = pathlib.Path(f"{checkpoint_path}.index").read_bytes()
  return hashlib.sha256(index).hexdigest()
