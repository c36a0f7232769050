import pytest

from hub_estimator.converting.parts import cut_out, full_name, reach_until
from hub_estimator.tensorflow_runtime import tf


@pytest.fixture
def graph_def():
  """x -> twice -> last, which waits for `check`; `check` reads y."""
  with tf.Graph().as_default() as graph:
    x = tf.placeholder(tf.float32, [2], "x")
    y = tf.placeholder(tf.float32, [2], "y")
    twice = tf.multiply(x, 2.0, name="twice")
    check = tf.reduce_sum(y, name="check")
    with tf.control_dependencies([check, x]):
      tf.identity(twice, name="last")
    tf.identity(y, name="unused")
  return graph.as_graph_def()


def test_a_part_ends_at_its_starts_and_leaves_the_rest_out(graph_def):
  part = cut_out(graph_def, starts={"x:0", "y:0"}, outputs=["last"])
  names = {node.name for node in part.graph_def.node}
  assert {"twice", "last", "check"} <= names
  assert not names & {"x", "y", "unused"}
  assert part.starts == {"x:0", "y:0"}
  assert part.outputs == ["last:0"]


def test_control_inputs_are_kept_but_for_those_that_are_starts(graph_def):
  part = cut_out(graph_def, starts={"x:0", "y:0"}, outputs=["last:0"])
  (node,) = [n for n in part.graph_def.node if n.name == "last"]
  assert [i for i in node.input if i.startswith("^")] == ["^check"]


def test_an_output_may_be_a_start(graph_def):
  part = cut_out(graph_def, starts={"x:0"}, outputs=["x:0"], ops=["twice"])
  assert part.passed == {"x:0"}
  assert part.ops == ["twice"]
  assert {"twice"} <= {node.name for node in part.graph_def.node}


def test_the_way_back_ends_at_the_starts(graph_def):
  nodes = {node.name: node for node in graph_def.node}
  found = reach_until(nodes, {"x:0"}, ["last:0"])
  assert {"last", "twice", "check", "y"} <= found
  assert not found & {"x", "unused"}


def test_names_get_their_index():
  assert [full_name(n) for n in ("n", "n:1", "^n")] == ["n:0", "n:1", "^n"]
