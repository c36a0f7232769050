"""The graph of training, built before an Estimator trains in it.

A run's check builds this graph, which for a large module takes as long as everything
else before the first step. So the graph that was checked is the one that trains.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from hub_estimator import optimizers
from hub_estimator.graphs import sessions
from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tensorflow_internals,
  tf,
)


@dataclasses.dataclass(frozen=True)
class TrainGraph:
  """A graph of training. It holds no weights, so it can train many times.

  Attributes:
    graph: holds all ops of a step.
    spec: as the model_fn returned it.
    start_input: starts the examples from the beginning.
  """

  graph: tf.Graph
  spec: estimator.EstimatorSpec
  start_input: tf.Operation

  def train_in(
    self,
    run_estimator: estimator.Estimator,
    learning_rate: float | None = None,
    rest_applied_at: int = 0,
  ) -> None:
    """Makes an Estimator train in this graph, whatever its model_fn.

    Args:
      run_estimator: its `train` then builds no graph, and calls no input_fn.
      learning_rate: to use instead of the graph's; None if that isn't a number.
      rest_applied_at: the step at which an earlier training of the run applied
        the rest of its accumulated gradients; 0 if none did.
    """

    def train(
      input_fn: Callable[[], tf.data.Dataset],
      hooks: Sequence[tf.train.SessionRunHook],
      saving_listeners: Sequence[tf.train.CheckpointSaverListener],
    ) -> tf.Tensor:
      del input_fn
      # A previous training has finalized it, and its savers know old checkpoints.
      tensorflow_internals.reopen(self.graph)
      with self.graph.as_default():
        for saver in tf.get_collection(tf.GraphKeys.SAVERS):
          saver.set_last_checkpoints([])
        first = [_StartInput(self.start_input)]
        if learning_rate is not None:
          # None if the model has an optimizer of its own.
          rates = tf.get_collection(optimizers.LEARNING_RATE)
          fed_rates = dict.fromkeys(rates, learning_rate)
          first.append(tf.train.FeedFnHook(lambda: fed_rates))
        for rest in tf.get_collection(optimizers.REST_APPLIED_AT):
          fed = {rest: rest_applied_at}
          first.append(tf.train.FeedFnHook(lambda fed=fed: fed))
        return estimator_internals.train_in_current_graph(
          run_estimator,
          self.spec,
          worker_hooks=first,
          hooks=list(hooks),
          saving_listeners=saving_listeners,
        )

    estimator_internals.replace_training(run_estimator, train)


def build(
  model_fn: Callable[..., estimator.EstimatorSpec],
  input_fn: Callable[[], tf.data.Dataset],
  *,
  seed: int,
) -> TrainGraph:
  """Builds a graph of training.

  Args:
    model_fn: of the run; called as Estimator calls it, with a config of None.
    input_fn: of training.
    seed: of the graph.
  """
  graph = tf.Graph()
  with graph.as_default():
    tf.set_random_seed(seed)
    tf.train.create_global_step()
    iterator = tf.data.make_initializable_iterator(input_fn())
    features, labels = estimator_internals.next_batch(iterator)
    spec = model_fn(features, labels, estimator.ModeKeys.TRAIN, None)
    spec = spec._replace(scaffold=sessions.ready_scaffold(spec.scaffold))
  return TrainGraph(graph, spec, iterator.initializer)


class _StartInput(estimator.SessionRunHook):
  def __init__(self, start_input: tf.Operation):
    self._start_input = start_input

  def after_create_session(self, session: tf.Session, coord: Any) -> None:
    del coord
    session.run(self._start_input)
