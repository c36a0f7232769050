"""Graphs of one mode, for tests of what is in them."""

from hub_estimator import runs
from hub_estimator.experiments import Experiment
from hub_estimator.tensorflow_runtime import estimator, tf

_checked = {}


def _check(experiment: Experiment):
  """Returns a checked run; one that is built in several modes is checked once."""
  key = repr(experiment)
  if key not in _checked:
    _checked[key] = runs.check(experiment)
  return _checked[key]


def build_mode(experiment: Experiment, mode: str) -> estimator.EstimatorSpec:
  """Returns the spec of a run on `x` in a mode, built in the current graph."""
  tf.train.create_global_step()
  checked = _check(experiment)
  features = {"x": tf.constant(checked.train.features["x"])}
  labels = tf.constant(checked.train.labels) if mode != "infer" else None
  return checked.model_fn(features, labels, mode)
