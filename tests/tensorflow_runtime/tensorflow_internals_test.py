"""TensorFlow's private names do what the library needs them for."""

import numpy as np
import pytest

from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.tensorflow_runtime import tensorflow_internals as internals


def test_a_finalized_graph_is_reopened():
  with tf.Graph().as_default() as graph:
    graph.finalize()
    with pytest.raises(RuntimeError, match="finalized"):
      tf.constant(1)
    internals.reopen(graph)
    tf.constant(1)


def test_a_part_knows_its_place_in_the_whole():
  with tf.Graph().as_default():
    whole = tf.get_variable("whole", [5, 2])
    parts = list(
      tf.get_variable("parts", [5, 2], partitioner=tf.fixed_size_partitioner(2))
    )
  assert internals.place_in_whole(whole) == ([5, 2], ())
  assert [internals.place_in_whole(part) for part in parts] == [
    ([5, 2], (slice(0, 3), slice(0, 2))),
    ([5, 2], (slice(3, 5), slice(0, 2))),
  ]


def test_a_canned_estimator_trains_the_variable_of_a_feature_column(tmp_path):
  seen = []
  plain = tf.feature_column.numeric_column("x")

  class Scaled(type(plain)):
    def create_state(self, state_manager):
      seen.append(internals.adds_trainable_variables(state_manager))
      scale = tf.get_variable("scale", [], initializer=tf.ones_initializer())
      state_manager.add_resource(self, "scale", scale)
      internals.train_with_layer(state_manager, scale)

    def get_dense_tensor(self, transformation_cache, state_manager):
      x = super().get_dense_tensor(transformation_cache, state_manager)
      return x * state_manager.get_resource(self, "scale")

  made = estimator.LinearRegressor(
    [Scaled(*plain)],
    model_dir=str(tmp_path),
    optimizer=lambda: tf.keras.optimizers.legacy.SGD(0.1),
  )
  x = np.ones([4, 1], np.float32)
  made.train(lambda: tf.data.Dataset.from_tensors(({"x": x}, x * 3)).repeat(3))
  assert seen == [True]
  (name,) = [n for n in made.get_variable_names() if n.endswith("scale")]
  assert made.get_variable_value(name) != 1


@pytest.mark.parametrize("name", ["AssignAdd", "MatMul"])
def test_the_registry_knows_ops(name):
  assert internals.op_def_registry.get(name).name == name


def test_an_op_waits_for_another():
  with tf.Graph().as_default(), tf.Session() as session:
    first = tf.debugging.Assert(tf.constant(False), ["first"])
    then = tf.constant(1.0) + 1.0
    assert not internals.is_nested(then.op)
    assert session.run(then) == 2.0
    internals.run_after((other := then * 2).op, first)
    with pytest.raises(tf.errors.InvalidArgumentError, match="first"):
      session.run(other)
