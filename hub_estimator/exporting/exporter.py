"""The `tf.estimator.Exporter` that exports versions during training."""

import logging
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Mapping
from typing import Any

from hub_estimator.errors import one_line
from hub_estimator.exporting.best import is_better
from hub_estimator.exporting.exports import ExportContext
from hub_estimator.exporting.making import export_version
from hub_estimator.model_dir import Version, versions
from hub_estimator.tensorflow_runtime import estimator as tf_estimator

_log = logging.getLogger(__name__)


class VersionExporter(tf_estimator.Exporter):
  """Exports versions of one kind during training.

  If an export fails, the error is logged and kept in `error`. Training goes on,
  because the checkpoint is safe and can be exported later.

  Attributes:
    version: the last version that was exported; None before the first.
    error: why the last export failed; None if it succeeded.
  """

  def __init__(
    self,
    kind: str,
    context: ExportContext,
    *,
    clock: Callable[[], float] = time.time,
  ) -> None:
    """Creates an exporter.

    Args:
      kind: one of KINDS.
      context: of the run.
      clock: returns seconds since 1970; a version's number is their integer
        part.
    """
    self._kind = kind
    self._context = context
    self._clock = clock
    self.version: Version | None = None
    self.error: str | None = None

  @property
  def name(self) -> str:
    """The kind."""
    return self._kind

  @property
  def wants_final(self) -> bool:
    """Whether it waits for the last checkpoint."""
    return self._kind == "final"

  def report(self, model_dir: pathlib.Path) -> Mapping[str, Any] | None:
    """Returns the newest version, or the error of its export, for result.json.

    Args:
      model_dir: of the run.

    Returns:
      None if there is no version.
    """
    if self.error is not None:
      return {"error": self.error}
    path = model_dir / "export" / self._kind
    numbers = versions.numbers(path)
    if not numbers:
      return None
    version = versions.find(path, numbers[-1])
    return {
      "version": version.number,
      "model": str(version.model.relative_to(model_dir)),
      "module": version.modules and str(version.modules.relative_to(model_dir)),
    }

  def export(
    self,
    estimator: tf_estimator.Estimator,
    export_path: str | bytes,
    checkpoint_path: str,
    eval_result: Mapping[str, float] | None,
    is_the_final_export: bool,
  ) -> str | None:
    """Exports a checkpoint if this kind is due, and returns the model's path.

    Returns:
      None if this kind isn't due or the export failed.
    """
    if self._kind == "final" and not is_the_final_export:
      return None
    path = pathlib.Path(os.fsdecode(export_path))
    metrics = eval_result or {}
    try:
      if self._kind == "best" and not is_better(
        path, self._context.exports, metrics
      ):
        return None
      self.version = export_version(
        estimator,
        path,
        context=self._context,
        checkpoint_path=checkpoint_path,
        metrics=metrics,
        number=int(self._clock()),
      )
    except Exception as error:  # No failed export may stop the training.
      self.error = f"{type(error).__name__}: {one_line(error)}"
      _log.error("Export of %s failed: %s", checkpoint_path, self.error)
      _log.debug("", exc_info=True)
      shutil.rmtree(path / versions.STAGING, ignore_errors=True)
      return None
    self.error = None
    return str(self.version.model)
