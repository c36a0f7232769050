import numpy as np

from hub_estimator.converting.functions import rename_functions
from hub_estimator.tensorflow_runtime import tf


def _loop():
  with tf.Graph().as_default() as graph:
    x = tf.placeholder(tf.float32, [], "x")
    _, y = tf.while_loop(
      lambda i, y: i < 3,
      lambda i, y: (i + 1, tf.cond(y > 10, lambda: y, lambda: y * 2.0)),
      (0, x),
    )
    tf.identity(y, "y")
  return graph.as_graph_def()


def test_functions_have_new_names_wherever_they_are_called():
  graph_def = _loop()
  old = {f.signature.name for f in graph_def.library.function}
  assert len(old) >= 4
  rename_functions(graph_def)
  assert not old & {f.signature.name for f in graph_def.library.function}
  with tf.Graph().as_default(), tf.Session() as session:
    x, y = tf.import_graph_def(graph_def, return_elements=["x:0", "y:0"])
    np.testing.assert_equal(session.run(y, {x: 3.0}), 12.0)


def test_each_time_the_names_are_others():
  names = []
  for _ in range(2):
    graph_def = _loop()
    del graph_def.library.function[1:]
    graph_def.library.function[0].signature.name = "body"
    rename_functions(graph_def)
    names.append(graph_def.library.function[0].signature.name)
  assert names[0] != names[1]
