"""Variables become constants only if every op reads them as a whole."""

import numpy as np
import pytest

from hub_estimator.graphs.constants import replace_variables
from hub_estimator.tensorflow_runtime import tf

KERNEL = np.array([[1.0, 2.0, 3.0]], np.float32)


def _replace(build, *, use_resource):
  """Returns the converted graph of `y = build(x, kernel)`, or None."""
  with tf.Graph().as_default() as graph:
    x = tf.placeholder(tf.float32, [None, 1], name="x")
    kernel = tf.get_variable("kernel", [1, 3], use_resource=use_resource)
    tf.identity(build(x, kernel), name="y")
  return replace_variables(
    graph.as_graph_def(), {"kernel": KERNEL}, wanted=["y:0"]
  )


def _run(graph_def, x):
  with tf.Graph().as_default(), tf.Session() as session:
    tf.import_graph_def(graph_def, name="")
    return session.run("y:0", {"x:0": np.array(x, np.float32)})


@pytest.mark.parametrize("use_resource", [True, False])
def test_a_variable_that_is_read_as_a_whole_becomes_a_constant(use_resource):
  graph_def = _replace(tf.matmul, use_resource=use_resource)
  np.testing.assert_array_equal(_run(graph_def, [[2.0]]), 2 * KERNEL)
  assert not any("Var" in node.op for node in graph_def.node)


@pytest.mark.parametrize("use_resource", [True, False])
def test_a_variable_that_is_changed_stays(use_resource):
  def build(x, kernel):
    with tf.control_dependencies([kernel.assign_add([[1.0, 1.0, 1.0]])]):
      return x * kernel.read_value()

  assert _replace(build, use_resource=use_resource) is None


def test_a_variable_that_is_read_by_rows_stays():
  def build(x, kernel):
    return x * tf.gather(kernel, [0])

  assert _replace(build, use_resource=True) is None


def test_a_variable_in_a_branch_stays():
  def build(x, kernel):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x * kernel, lambda: x)

  assert _replace(build, use_resource=True) is None


@pytest.mark.parametrize("use_resource", [True, False])
def test_an_assertion_before_the_read_still_stops_it(use_resource):
  def build(x, kernel):
    with tf.control_dependencies([tf.debugging.assert_positive(x)]):
      return x * kernel.read_value()

  graph_def = _replace(build, use_resource=use_resource)
  np.testing.assert_array_equal(_run(graph_def, [[1.0]]), KERNEL)
  with pytest.raises(tf.errors.InvalidArgumentError, match="positive|> 0"):
    _run(graph_def, [[-1.0]])
