"""Calls a function after each evaluation."""

from collections.abc import Callable, Mapping
from typing import Any

from hub_estimator.tensorflow_runtime import estimator as tf_estimator


class AfterEvaluation(tf_estimator.Exporter):
  """Calls a function after each evaluation: Estimator has no other place for it."""

  name = "after_evaluation"

  def __init__(self, function: Callable[[int, Mapping[str, Any]], None]):
    """Makes one.

    Args:
      function: is called with the step and the metrics by name.
    """
    self._function = function

  def export(
    self,
    estimator: tf_estimator.Estimator,
    export_path: str,
    checkpoint_path: str,
    eval_result: Mapping[str, Any],
    is_the_final_export: bool,
  ) -> None:
    del estimator, export_path, checkpoint_path, is_the_final_export
    metrics = dict(eval_result)
    self._function(int(metrics.pop("global_step")), metrics)
