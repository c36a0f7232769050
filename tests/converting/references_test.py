import numpy as np

from hub_estimator.converting import references
from hub_estimator.tensorflow_runtime import tf


def _references(graph_def):
  return sorted(
    node.name for node in graph_def.node if references.takes_reference(node)
  )


def _variable(name, value):
  return tf.get_variable(
    name, initializer=tf.constant(value), use_resource=False
  )


def _run(graph_def, fetches, *, variables):
  """Runs a graph whose variables are resources, with these values."""
  with tf.Graph().as_default(), tf.Session() as session:
    made = {
      f"{name}:0": tf.get_variable(
        name, initializer=tf.constant(value), use_resource=True
      )
      for name, value in variables.items()
    }
    kept = tf.GraphDef()
    kept.CopyFrom(graph_def)
    del kept.node[:]
    kept.node.extend(n for n in graph_def.node if n.name not in variables)
    found = tf.import_graph_def(
      kept, {name: v.handle for name, v in made.items()}, fetches, name="new"
    )
    session.run(tf.global_variables_initializer())
    values = session.run(found)
    after = session.run({n.removesuffix(":0"): v for n, v in made.items()})
  return values, after


def _stripped(graph):
  """Returns a graph without what initializes its variables."""
  graph_def = graph.as_graph_def()
  initial = {v.initializer.name for v in graph.get_collection("variables")}
  kept = tf.GraphDef()
  kept.CopyFrom(graph_def)
  del kept.node[:]
  for node in graph_def.node:
    if node.name not in initial:
      node.attr.pop("_class", None)
      kept.node.append(node)
  return kept


def test_whole_values_and_rows_are_read():
  with tf.Graph().as_default() as graph:
    table = _variable("table", [[1.0, 2.0], [3.0, 4.0]])
    tf.raw_ops.Gather(params=table, indices=[1, 1], name="rows")
    tf.multiply(table, 2.0, name="doubled")
  old = _stripped(graph)
  assert "table" in _references(old)
  new = references.replace_references(old)
  # Its node stays, in the place of the handle.
  assert _references(new) == ["table"]
  values = np.float32([[1, 2], [3, 4]])
  (rows, doubled), _ = _run(
    new, ["rows:0", "doubled:0"], variables={"table": values}
  )
  np.testing.assert_array_equal(rows, [[3, 4], [3, 4]])
  np.testing.assert_array_equal(doubled, 2 * values)


def test_the_value_after_assignments_is_read_after_them():
  with tf.Graph().as_default() as graph:
    count = _variable("count", 5.0)
    after = tf.assign_add(tf.assign_sub(count, 2.0), 10.0)
    tf.multiply(after, 2.0, name="doubled")
  new = references.replace_references(_stripped(graph))
  (doubled,), after = _run(
    new, ["doubled:0"], variables={"count": np.float32(5.0)}
  )
  assert (doubled, after["count"]) == (26.0, 13.0)


def test_rows_are_changed():
  with tf.Graph().as_default() as graph:
    table = _variable("table", [[1.0, 2.0], [3.0, 4.0]])
    added = tf.scatter_add(table, [0], [[1.0, 1.0]])
    tf.identity(tf.scatter_nd_update(added, [[1, 1]], [9.0]), "after")
  new = references.replace_references(_stripped(graph))
  (got,), after = _run(
    new, ["after:0"], variables={"table": np.float32([[1, 2], [3, 4]])}
  )
  np.testing.assert_array_equal(after["table"], [[2, 3], [3, 9]])
  np.testing.assert_array_equal(got, after["table"])


def test_the_order_of_control_inputs_is_kept():
  with tf.Graph().as_default() as graph:
    count = _variable("count", 1.0)
    with tf.control_dependencies([tf.assign_add(count, 1.0)]):
      read = tf.identity(count.read_value(), "read")
    with tf.control_dependencies([read]):
      tf.assign_add(count, 100.0, name="last")
  new = references.replace_references(_stripped(graph))
  (read, _), after = _run(
    new, ["read:0", "last"], variables={"count": np.float32(1.0)}
  )
  assert (read, after["count"]) == (2.0, 102.0)


def test_an_op_that_is_not_known_keeps_its_reference():
  with tf.Graph().as_default() as graph:
    count = tf.get_variable("count", [], tf.int32, use_resource=False)
    tf.raw_ops.CountUpTo(ref=count, limit=3, name="counter")
  new = references.replace_references(_stripped(graph))
  assert "counter" in _references(new)
