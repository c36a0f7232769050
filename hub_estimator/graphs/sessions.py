"""Sessions that start quickly, for one process that runs a graph of its own.

TensorFlow prepares the whole graph again for each new set of fetches.
"""

from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tf,
)


def ready_scaffold(scaffold: tf.train.Scaffold | None) -> tf.train.Scaffold:
  """Returns a scaffold whose sessions don't check that variables have values.

  A single process initializes or restores every variable itself. The check,
  which runs twice, takes half a second for a large graph.

  Args:
    scaffold: the scaffold to copy everything else from; None copies nothing.
  """
  nothing = tf.constant([], tf.string, name="not_ready")
  return tf.train.Scaffold(
    ready_op=nothing,
    ready_for_local_init_op=nothing,
    copy_from_scaffold=scaffold,
  )


def leave_graphs(made: estimator.Estimator) -> None:
  """Makes an Estimator's sessions run graphs without optimizing them first.

  For a head alone, optimizing the graph takes as long as hundreds of steps and
  makes them no faster.

  Args:
    made: the Estimator; only sessions that it opens from now on change.
  """
  config = estimator_internals.session_config(made)
  config.graph_options.rewrite_options.disable_meta_optimizer = True
  estimator_internals.set_session_config(made, config)
