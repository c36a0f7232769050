"""Calls an exporter that isn't of this package, which may not stop the training."""

import logging
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from hub_estimator.errors import one_line
from hub_estimator.tensorflow_runtime import estimator as tf_estimator

_log = logging.getLogger(__name__)


class OtherExporter(tf_estimator.Exporter):
  """Calls a `tf.estimator.Exporter`; logs and keeps an error, and lets training go on.

  Attributes:
    exporter: the one that is called.
    error: why its last export failed; None if it succeeded.
    wants_final: whether it is called again when the last checkpoint turns out to be
      the last only after its export.
  """

  def __init__(self, exporter: tf_estimator.Exporter):
    """Makes one.

    Args:
      exporter: is called.
    """
    self.exporter = exporter
    self.error: str | None = None
    self.wants_final = isinstance(exporter, tf_estimator.FinalExporter)
    self._path: str | None = None

  @property
  def name(self) -> str:
    """The exporter's."""
    return str(self.exporter.name)

  def export(
    self,
    estimator: tf_estimator.Estimator,
    export_path: str | bytes,
    checkpoint_path: str,
    eval_result: Mapping[str, Any] | None,
    is_the_final_export: bool,
  ) -> str | None:
    """Calls the exporter, and returns the path that it returns."""
    try:
      path = self.exporter.export(
        estimator,
        export_path,
        checkpoint_path,
        eval_result,
        is_the_final_export,
      )
    except Exception as error:  # No failed export may stop the training.
      self.error = f"{type(error).__name__}: {one_line(error)}"
      _log.error(
        "%s: the export of %s failed: %s",
        self.name,
        checkpoint_path,
        self.error,
      )
      _log.debug("", exc_info=True)
      return None
    self.error = None
    if path:
      self._path = os.fsdecode(path)
    return self._path if path else None

  def report(self, model_dir: pathlib.Path) -> Mapping[str, Any] | None:
    """Returns what result.json says of the exporter; None if it exported nothing.

    Args:
      model_dir: of the run.
    """
    if self.error is not None:
      return {"error": self.error}
    if self._path is None:
      return None
    return {"path": os.path.relpath(self._path, model_dir)}
