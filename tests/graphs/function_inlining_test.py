"""A graph whose function calls are inlined computes the same values."""

import numpy as np

from hub_estimator.graphs.function_inlining import inline_functions
from hub_estimator.tensorflow_runtime import tf


def _run(graph_def, feed):
  with tf.Graph().as_default(), tf.Session() as session:
    tf.import_graph_def(graph_def, name="")
    return session.run("out:0", feed)


def _calls(graph_def):
  return [n.name for n in graph_def.node if "PartitionedCall" in n.op]


def test_nested_calls_become_ops_with_the_same_results():
  @tf.function
  def square(x):
    return x * x, x

  @tf.function
  def outer(x):
    squared, same = square(x)
    again, _ = square(squared)
    return again + same, x

  with tf.Graph().as_default() as graph:
    x = tf.placeholder(tf.float32, [None], name="in")
    first, passed = outer(x)
    tf.add(first, passed, name="out")
    whole = graph.as_graph_def()
  inlined = inline_functions(whole)
  assert _calls(whole) and not _calls(inlined)
  feed = {"in:0": np.array([2.0, 3.0], np.float32)}
  np.testing.assert_allclose(_run(inlined, feed), [20.0, 87.0])
  np.testing.assert_array_equal(_run(inlined, feed), _run(whole, feed))


def test_an_op_after_a_call_waits_for_its_side_effects():
  with tf.Graph().as_default() as graph:
    variable = tf.get_variable(
      "v", [], initializer=tf.zeros_initializer(), use_resource=True
    )

    @tf.function
    def add_one():
      variable.assign_add(1.0)
      return tf.constant(0.0)

    with tf.control_dependencies([add_one().op]):
      tf.identity(variable.read_value(), name="out")
    initializer = variable.initializer.name
    whole = graph.as_graph_def()
  inlined = inline_functions(whole)
  assert not _calls(inlined)
  with tf.Graph().as_default(), tf.Session() as session:
    tf.import_graph_def(inlined, name="")
    session.run(initializer)
    assert [session.run("out:0") for _ in range(20)] == list(range(1, 21))


def test_ops_of_a_call_wait_for_what_the_call_waited_for():
  with tf.Graph().as_default() as graph:
    variable = tf.get_variable(
      "v", [], initializer=tf.zeros_initializer(), use_resource=True
    )

    @tf.function
    def read():
      return variable.read_value()

    with tf.control_dependencies([variable.assign_add(1.0).op]):
      tf.identity(read(), name="out")
    initializer = variable.initializer.name
    whole = graph.as_graph_def()
  inlined = inline_functions(whole)
  with tf.Graph().as_default(), tf.Session() as session:
    tf.import_graph_def(inlined, name="")
    session.run(initializer)
    assert [session.run("out:0") for _ in range(20)] == list(range(1, 21))


def test_a_loop_stays_and_has_a_gradient():
  @tf.function
  def power(x):
    y = x
    for _ in tf.range(2):
      y = y * x
    return y

  with tf.Graph().as_default() as graph:
    x = tf.placeholder(tf.float32, [], name="in")
    tf.identity(power(x), name="out")
    inlined = inline_functions(graph.as_graph_def())
  assert not _calls(inlined)
  with tf.Graph().as_default() as graph, tf.Session() as session:
    tf.import_graph_def(inlined, name="")
    of = graph.get_tensor_by_name
    (gradient,) = tf.gradients(of("out:0"), of("in:0"))
    assert session.run(gradient, {"in:0": 3.0}) == 27.0
