"""Evaluates checkpoints in one graph, where Estimator builds another for each."""

from collections.abc import Callable, Mapping
from typing import Any

from hub_estimator.graphs import sessions
from hub_estimator.tensorflow_runtime import (
  estimator,
  tf,
  write_dict_to_summary,
)


class Evaluation:
  """The graph that an Estimator evaluates in; it holds no weights."""

  def __init__(
    self,
    made: estimator.Estimator,
    input_fn: Callable[[], tf.data.Dataset],
    config: tf.ConfigProto,
  ):
    """Builds it.

    Args:
      made: whose model_fn it is of; its model_dir doesn't matter.
      input_fn: of the examples, once each.
      config: of its sessions.
    """
    self._config = config
    self._graph = tf.Graph()
    with self._graph.as_default():
      scaffold, self._update_op, self._values, self._hooks = (
        made._evaluate_build_graph(input_fn, hooks=[])
      )
      self._scaffold = sessions.ready_scaffold(scaffold)

  def run(self, checkpoint: str, events: str) -> dict[str, Any]:
    """Returns the metrics of a checkpoint by name, and "global_step".

    Args:
      checkpoint: its path.
      events: the directory of the events that they are written to, too.

    Raises:
      tf.errors.OpError: it can't be read, or evaluation failed.
    """
    values = tf.train.FinalOpsHook(self._values)
    with self._graph.as_default():
      creator = tf.train.ChiefSessionCreator(
        self._scaffold,
        config=self._config,
        checkpoint_filename_with_path=checkpoint,
      )
      with tf.train.MonitoredSession(
        creator, hooks=[*self._hooks, values]
      ) as session:
        while not session.should_stop():
          session.run(self._update_op)
      metrics = values.final_ops_values
      write_dict_to_summary(events, metrics, metrics[tf.GraphKeys.GLOBAL_STEP])
    return metrics


def evaluate_in(
  made: estimator.Estimator, make_evaluation: Callable[[], Evaluation]
) -> None:
  """Makes an Estimator evaluate in one graph, and write what comes out as ever.

  Estimator forbids to override `evaluate`, and `train_and_evaluate` calls it.

  Args:
    made: whose `evaluate` is then called with a checkpoint alone in mind: the
      examples are the evaluation's.
    make_evaluation: is asked at each evaluation, and returns the same.
  """

  def evaluate(
    input_fn, steps=None, hooks=None, checkpoint_path=None, name=None
  ) -> Mapping[str, Any]:
    del input_fn, steps, hooks
    return make_evaluation().run(
      checkpoint_path or made.latest_checkpoint(), made.eval_dir(name)
    )

  made.evaluate = evaluate
