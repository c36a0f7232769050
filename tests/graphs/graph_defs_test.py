"""Stored graphs are walked by the names in them."""

from hub_estimator.graphs import graph_defs
from hub_estimator.tensorflow_runtime import tf


def test_reach_finds_every_node_that_a_tensor_depends_on():
  with tf.Graph().as_default() as graph:
    a, b = tf.placeholder(tf.float32, name="a"), tf.constant(1.0, name="b")
    with tf.control_dependencies([tf.no_op(name="waited_for")]):
      tf.add(a, b, name="sum")
    tf.identity(a, name="other")
  nodes = {node.name: node for node in graph.as_graph_def().node}
  assert graph_defs.reach(nodes, ["sum:0", "gone"]) == {
    "sum",
    "a",
    "b",
    "waited_for",
  }


def test_owner_is_the_node_of_an_input():
  for name in ("a", "a:1", "^a"):
    assert graph_defs.owner(name) == "a"


def test_a_dense_tensor_has_one_name_and_a_sparse_one_three():
  info = tf.saved_model.build_tensor_info
  with tf.Graph().as_default():
    assert graph_defs.tensor_names(info(tf.constant(1, name="x"))) == ["x:0"]
    sparse = tf.sparse_placeholder(tf.float32, name="s")
    assert graph_defs.tensor_names(info(sparse)) == [
      "s/values:0",
      "s/indices:0",
      "s/shape:0",
    ]


def test_a_variable_is_named_by_its_op():
  with tf.Graph().as_default():
    for resource in (True, False):
      variable = tf.get_variable(f"v{resource}", [], use_resource=resource)
      serialized = variable.to_proto().SerializeToString()
      assert graph_defs.variable_name(serialized) == f"v{resource}"


def test_a_ragged_tensor_has_the_names_of_its_components():
  info = tf.saved_model.build_tensor_info
  with tf.Graph().as_default():
    ragged = tf.RaggedTensor.from_row_splits(
      tf.constant([1, 2], name="values"), tf.constant([0, 2], name="splits")
    )
    names = graph_defs.tensor_names(info(ragged))
  assert len(names) == 2 and names[0] == "values:0"


def _nodes(factor=2.0, *, path="/a", unread=1.0):
  with tf.Graph().as_default() as graph:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.multiply(x, factor, name="scaled")
    tf.constant(unread, name="unread")
    tf.identity(tf.constant(path), name="asset")
  return graph.as_graph_def().node


def test_a_part_is_the_same_if_its_own_ops_are():
  same = graph_defs.same_part
  assert same(_nodes(), _nodes(unread=2.0), ["scaled:0"])
  assert not same(_nodes(), _nodes(3.0), ["scaled:0"])
  assert not same(_nodes(), _nodes(unread=2.0), ["scaled:0", "unread:0"])
  assert same(_nodes(), _nodes(path="/b"), ["asset:0"])
  assert not same(_nodes(), [], ["scaled:0"])
