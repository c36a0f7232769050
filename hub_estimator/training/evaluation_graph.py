"""The graph of evaluation, built once for all checkpoints."""

from collections.abc import Callable, Sequence
from typing import Any

from hub_estimator.graphs import sessions
from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tensorflow_internals,
  tf,
  write_dict_to_summary,
)


class EvaluationGraph:
  """The graph that an Estimator evaluates in; it holds no weights.

  Estimator builds one for each checkpoint, which for a binary head on a small module
  takes longer than the rest of an evaluation.
  """

  def __init__(
    self,
    run_estimator: estimator.Estimator,
    input_fn: Callable[[], tf.data.Dataset],
    config: tf.ConfigProto,
  ):
    """Builds the graph.

    Args:
      run_estimator: whose model_fn is evaluated; its model_dir doesn't matter.
      input_fn: of the examples, each once.
      config: of the sessions.
    """
    self._config = config
    self._graph = tf.Graph()
    with self._graph.as_default():
      self._parts = estimator_internals.build_evaluation_graph(
        run_estimator, input_fn
      )
      self._scaffold = sessions.ready_scaffold(self._parts.scaffold)

  def run(
    self,
    checkpoint: str,
    events: str,
    hooks: Sequence[estimator.SessionRunHook] = (),
  ) -> dict[str, Any]:
    """Returns the metrics of a checkpoint by name, and "global_step".

    Args:
      checkpoint: its path.
      events: the directory of events that the metrics are written to as well.
      hooks: beside those of the model_fn.

    Raises:
      tf.errors.OpError: the checkpoint can't be read, or evaluation failed.
    """
    values = tf.train.FinalOpsHook(self._parts.values)
    if hooks:  # They may add ops; an earlier session has finalized the graph.
      tensorflow_internals.reopen(self._graph)
    with self._graph.as_default():
      creator = tf.train.ChiefSessionCreator(
        self._scaffold,
        config=self._config,
        checkpoint_filename_with_path=checkpoint,
      )
      with tf.train.MonitoredSession(
        creator, hooks=[*self._parts.hooks, *hooks, values]
      ) as session:
        while not session.should_stop():
          session.run(self._parts.update_op)
      metrics = values.final_ops_values
      write_dict_to_summary(events, metrics, metrics[tf.GraphKeys.GLOBAL_STEP])
    return metrics


def evaluate_in(
  run_estimator: estimator.Estimator,
  make_graph: Callable[[], EvaluationGraph],
) -> None:
  """Makes an Estimator evaluate in one graph, and write its metrics as before.

  Estimator forbids subclasses to override `evaluate`, and `train_and_evaluate` calls
  it.

  Args:
    run_estimator: its `evaluate` then uses the checkpoint alone: the examples are the
      graph's.
    make_graph: is called at each evaluation, and returns the same graph each time.
  """

  def evaluate(
    input_fn: Callable[[], tf.data.Dataset],
    steps: int | None = None,
    hooks: Sequence[estimator.SessionRunHook] | None = None,
    checkpoint_path: str | None = None,
    name: str | None = None,
  ) -> dict[str, Any]:
    del input_fn, steps
    return make_graph().run(
      checkpoint_path or run_estimator.latest_checkpoint(),
      run_estimator.eval_dir(name),
      hooks or (),
    )

  run_estimator.evaluate = evaluate
