"""The graph of evaluation, built once for the check and all checkpoints."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import progress
from hub_estimator.graphs import sessions
from hub_estimator.model import EXAMPLES_LOSS
from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tensorflow_internals,
  tf,
  write_dict_to_summary,
)


@dataclasses.dataclass(frozen=True)
class EvaluationGraph:
  """A graph of evaluation. It holds no weights, so it evaluates many checkpoints.

  Estimator builds one for each checkpoint, which for a binary head on a small module
  takes longer than the rest of an evaluation.

  Attributes:
    graph: holds all ops of an evaluation.
    scaffold: restores a checkpoint, and starts metrics and examples.
    update_op: adds a batch to all metrics.
    values: the metrics by name, and "global_step".
    hooks: run with each session.
  """

  graph: tf.Graph
  scaffold: tf.train.Scaffold
  update_op: tf.Operation
  values: Mapping[str, tf.Tensor]
  hooks: Sequence[tf.train.SessionRunHook]

  def run(
    self,
    checkpoint: str,
    events: str,
    config: tf.ConfigProto,
    hooks: Sequence[estimator.SessionRunHook] = (),
  ) -> dict[str, Any]:
    """Returns the metrics of a checkpoint by name, and "global_step".

    Args:
      checkpoint: its path.
      events: the directory of events that the metrics are written to as well.
      config: of the session.
      hooks: beside those of the model_fn.

    Raises:
      tf.errors.OpError: the checkpoint can't be read, or evaluation failed.
    """
    values = tf.train.FinalOpsHook(self.values)
    if hooks:  # They may add ops; an earlier session has finalized the graph.
      tensorflow_internals.reopen(self.graph)
    with self.graph.as_default():
      creator = tf.train.ChiefSessionCreator(
        self.scaffold,
        config=config,
        checkpoint_filename_with_path=checkpoint,
      )
      with tf.train.MonitoredSession(
        creator, hooks=[*self.hooks, *hooks, values]
      ) as session:
        batches = 0
        while not session.should_stop():
          session.run(self.update_op)
          batches += 1
          progress.report("evaluating", batches, unit="batches")
      metrics = values.final_ops_values
      _report_metrics(batches, metrics)
      write_dict_to_summary(events, metrics, metrics[tf.GraphKeys.GLOBAL_STEP])
    return metrics


def _report_metrics(batches: int, metrics: Mapping[str, Any]) -> None:
  numbers = {
    name: float(value)
    for name, value in metrics.items()
    if np.ndim(value) == 0 and not isinstance(value, bytes)
  }
  progress.report(
    "evaluating", batches, batches, unit="batches", values=numbers
  )


def build(
  model_fn: Callable[..., estimator.EstimatorSpec],
  input_fn: Callable[[], tf.data.Dataset],
  *,
  seed: int,
) -> EvaluationGraph:
  """Builds a graph of evaluation.

  Args:
    model_fn: of the run; called as Estimator calls it, with a config of None.
    input_fn: of the examples, each once.
    seed: of the graph.
  """
  graph = tf.Graph()
  with graph.as_default():
    tf.set_random_seed(seed)
    step = tf.train.create_global_step()
    iterator = tf.data.make_initializable_iterator(input_fn())
    features, labels = estimator_internals.next_batch(iterator)
    spec = model_fn(features, labels, estimator.ModeKeys.EVAL, None)
    metrics = dict(spec.eval_metric_ops or {})
    # Of a user's model_fn, the mean over batches, as Estimator has it.
    metrics["loss"] = metrics.pop(EXAMPLES_LOSS, None) or tf.metrics.mean(
      spec.loss
    )
    values, updates = {}, []
    # In the same order each time, as TensorFlow names the ops.
    for name, (value, update) in sorted(metrics.items()):
      values[name] = value
      updates.append(update)
    values[tf.GraphKeys.GLOBAL_STEP] = step
    return EvaluationGraph(
      graph,
      _starting(spec.scaffold, iterator.initializer),
      tf.group(*updates),
      values,
      spec.evaluation_hooks,
    )


def _starting(
  scaffold: tf.train.Scaffold | None, start_input: tf.Operation
) -> tf.train.Scaffold:
  """Returns a scaffold whose sessions start the examples, too."""
  own = scaffold and scaffold.local_init_op
  return tf.train.Scaffold(
    local_init_op=tf.group(
      *([own] if own else []),
      tf.train.Scaffold.default_local_init_op(),
      start_input,
    ),
    copy_from_scaffold=sessions.ready_scaffold(scaffold),
  )


def evaluate_in(
  run_estimator: estimator.Estimator,
  make_graph: Callable[[], EvaluationGraph],
  config: tf.ConfigProto,
) -> None:
  """Makes an Estimator evaluate in one graph, and write its metrics as before.

  Estimator forbids subclasses to override `evaluate`, and `train_and_evaluate` calls
  it.

  Args:
    run_estimator: its `evaluate` then uses the checkpoint alone: the examples are the
      graph's.
    make_graph: is called at each evaluation, and returns the same graph each time.
    config: of the sessions.
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
      config,
      hooks or (),
    )

  run_estimator.evaluate = evaluate
