"""The graph of training, built before an Estimator trains in it.

To check a run means to build this graph, which of a large module takes as long as all
else before the first step: what was checked is what trains.
"""

import dataclasses
from collections.abc import Callable

from hub_estimator import optimizers
from hub_estimator.graphs import sessions
from hub_estimator.tensorflow_runtime import estimator, tf


@dataclasses.dataclass(frozen=True)
class TrainGraph:
  """A graph of training that holds no weights: it can train again and again.

  Attributes:
    graph: with everything of a step in it.
    spec: what the model_fn returned.
    start_input: makes the examples begin.
  """

  graph: tf.Graph
  spec: estimator.EstimatorSpec
  start_input: tf.Operation

  def train_in(
    self, made: estimator.Estimator, learning_rate: float | None = None
  ) -> None:
    """Makes an Estimator train in this graph, whatever its model_fn.

    Args:
      made: whose `train` builds none then. Its input_fn isn't called.
      learning_rate: in place of the graph's; None where that isn't a number.
    """

    def train(input_fn, hooks, saving_listeners):
      del input_fn
      # A training before has finalized it, and knows its own checkpoints.
      self.graph._unsafe_unfinalize()
      with self.graph.as_default():
        for saver in tf.get_collection(tf.GraphKeys.SAVERS):
          saver.set_last_checkpoints([])
        first = [_StartInput(self.start_input)]
        if learning_rate is not None:
          (rate,) = tf.get_collection(optimizers.LEARNING_RATE)
          first.append(tf.train.FeedFnHook(lambda: {rate: learning_rate}))
        return made._train_with_estimator_spec(
          self.spec,
          first,
          hooks,
          tf.train.get_global_step(),
          saving_listeners,
        )

    made._train_model = train


def build(
  model_fn: Callable[..., estimator.EstimatorSpec],
  input_fn: Callable[[], tf.data.Dataset],
  *,
  seed: int,
) -> TrainGraph:
  """Builds it.

  Args:
    model_fn: of the run; is called as Estimator calls it, with a config of None.
    input_fn: of training.
    seed: of the graph.
  """
  graph = tf.Graph()
  with graph.as_default():
    tf.set_random_seed(seed)
    tf.train.create_global_step()
    iterator = tf.data.make_initializable_iterator(input_fn())
    features, labels = iterator.get_next()
    spec = model_fn(features, labels, estimator.ModeKeys.TRAIN, None)
    spec = spec._replace(scaffold=sessions.ready_scaffold(spec.scaffold))
  return TrainGraph(graph, spec, iterator.initializer)


class _StartInput(estimator.SessionRunHook):
  def __init__(self, start_input: tf.Operation):
    self._start_input = start_input

  def after_create_session(self, session, coord):
    del coord
    session.run(self._start_input)
