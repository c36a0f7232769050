"""Replaces what frozen modules read by their outputs, kept on disk."""

import dataclasses
import logging
from collections.abc import Collection

from hub_estimator import features
from hub_estimator.experiments import Experiment
from hub_estimator.runs.preparing import Prepared
from hub_estimator.tensorflow_runtime import estimator
from hub_estimator.training import Checked

_log = logging.getLogger(__name__)
# A checkpoint's path, and the names of the variables that are taken from it.
_Weights = tuple[str, Collection[str]]


def keep_features(
  experiment: Experiment,
  prepared: Prepared,
  run_estimator: estimator.Estimator,
) -> Checked:
  """Returns a checked run whose examples hold the outputs of frozen modules.

  Outputs are computed now unless they are on disk. A run keeps its features as they are
  if the outputs can't be kept, for example because its weights aren't the modules' own.

  Args:
    experiment: the run's definition.
    prepared: the run.
    run_estimator: of the run.
  """
  checked = prepared.checked
  if checked.outputs is None:
    if checked.unkept is not None:
      _log.info("Features aren't kept: %s.", checked.unkept)
    return checked
  weights = _first_weights(prepared, run_estimator)
  try:
    if weights is not None:
      features.check_own_weights(experiment.encoder, checked.infos, *weights)
  except features.NotKept as reason:
    _log.info("Features aren't kept: %s.", reason)
    return dataclasses.replace(checked, evaluation=None)
  train, evaluation = checked.outputs.examples()
  return dataclasses.replace(checked, train=train, eval=evaluation)


def _first_weights(
  prepared: Prepared, run_estimator: estimator.Estimator
) -> _Weights | None:
  """Returns the weights that training starts with; None for the modules' own."""
  last = run_estimator.latest_checkpoint()
  if last:
    return last, set(prepared.checked.variables)
  start = prepared.start
  return None if start is None else (start.checkpoint, start.taken)
