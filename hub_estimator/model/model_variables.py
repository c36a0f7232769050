"""The variables of a model, as its graph lists them."""

from hub_estimator.tensorflow_runtime import tf


def collect_model_variables() -> None:
  """Adds all variables so far to MODEL_VARIABLES, as their name promises.

  Modules add only the variables that are trained, not batch-norm statistics.
  """
  collected = {id(v) for v in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)}
  step = tf.train.get_global_step()
  for variable in tf.global_variables():
    if id(variable) not in collected and variable is not step:
      tf.add_to_collection(tf.GraphKeys.MODEL_VARIABLES, variable)
