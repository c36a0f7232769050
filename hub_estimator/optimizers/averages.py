"""Moving averages of trained variables."""

from collections.abc import Sequence

from hub_estimator.tensorflow_runtime import tf


def average_name(variable_name: str) -> str:
  """Returns the name under which a checkpoint holds a variable's average."""
  return f"{variable_name}/ExponentialMovingAverage"


def build_averages(
  variables: Sequence[tf.Variable], decay: float, step: tf.Variable
) -> tf.Operation:
  """Returns the op that updates the variables' averages.

  Args:
    variables: what is averaged.
    decay: of the averages; early on, min(decay, (1 + steps) / (10 + steps)).
    step: the global step.
  """
  average = tf.train.ExponentialMovingAverage(decay, num_updates=step)
  with tf.name_scope(None):
    return average.apply(variables)
