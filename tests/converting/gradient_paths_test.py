import pytest

from hub_estimator.converting.gradient_paths import find_loops
from hub_estimator.tensorflow_runtime import tf
from tests.converting.odd_modules import control_flow_of_tensorflow_1


def _find(build):
  """Returns the types of ops that gradients of `build(x)` pass in loops."""
  with tf.Graph().as_default() as graph, control_flow_of_tensorflow_1():
    x = tf.placeholder(tf.float32, [None], "x")
    tf.identity(build(x), "y")
  nodes = {node.name: node for node in graph.as_graph_def().node}
  before = {name: node.SerializeToString() for name, node in nodes.items()}
  found = find_loops(nodes, {"x:0"}, ["y:0"])
  assert before == {n: node.SerializeToString() for n, node in nodes.items()}
  return {nodes[name].op for name in found}


def _loop(x):
  return tf.while_loop(
    lambda i, y: i < 3, lambda i, y: (i + 1, tf.tanh(y)), (0, x)
  )[1]


def _list_in_loop(x):
  """Each turn writes into a list; the list alone leaves the loop."""
  whole = tf.TensorArray(tf.float32, 3)
  _, whole = tf.while_loop(
    lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, x)), (0, whole)
  )
  return whole.stack()


@pytest.mark.parametrize(
  "build, ops",
  [
    (_loop, {"Enter", "Exit", "Merge", "NextIteration", "Switch"}),
    (
      lambda x: tf.cond(tf.size(x) > 1, lambda: x * 2.0, lambda: x),
      {"Merge", "Switch"},
    ),
  ],
)
def test_loops_and_branches_between_outputs_and_starts_are_found(build, ops):
  assert _find(build) == ops


def test_a_list_that_a_loop_fills_is_found():
  assert {"Enter", "Exit"} <= _find(_list_in_loop)


@pytest.mark.parametrize(
  "build",
  [
    lambda x: x * tf.cast(tf.size(_loop(x)), tf.float32),
    lambda x: tf.gather(
      x, tf.cond(tf.size(x) > 1, lambda: tf.argmax(x), lambda: tf.argmin(x))
    ),
    lambda x: _guarded(x) * 2.0,
  ],
)
def test_numbers_without_gradients_may_come_from_loops(build):
  assert _find(build) == set()


def _guarded(x):
  with tf.control_dependencies([tf.assert_less(x, 9.0)]):
    return tf.identity(x)
