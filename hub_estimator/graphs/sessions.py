"""Sessions that start quickly, for one process that runs a graph of its own.

TensorFlow prepares a graph anew for each set of what is fetched, and each time takes
all of it in hand.
"""

from hub_estimator.tensorflow_runtime import estimator, tf


def ready_scaffold(scaffold: tf.train.Scaffold | None) -> tf.train.Scaffold:
  """Returns a scaffold whose sessions take it for granted that all has a value.

  One process initializes or restores all that there is. To make sure, twice, takes half
  a second of a large graph.

  Args:
    scaffold: what else it has; None is nothing.
  """
  nothing = tf.constant([], tf.string, name="not_ready")
  return tf.train.Scaffold(
    ready_op=nothing,
    ready_for_local_init_op=nothing,
    copy_from_scaffold=scaffold,
  )


def leave_graphs(made: estimator.Estimator) -> None:
  """Lets an Estimator's sessions run graphs as they are, without optimizing them.

  Of a head alone that takes as long as hundreds of steps, which it makes no faster.
  """
  config = tf.ConfigProto()
  config.CopyFrom(made._session_config)
  config.graph_options.rewrite_options.disable_meta_optimizer = True
  made._session_config = config
