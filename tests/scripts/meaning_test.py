"""What `import tensorflow` means is read from a file's source."""

import ast

import pytest

from hub_estimator.scripts.meaning import Meaning, find_meaning, guarded_lines

TF = "import tensorflow as tf\n"


@pytest.mark.parametrize(
  "source, meaning",
  [
    ("import numpy", Meaning.NONE),
    ("from . import tensorflow", Meaning.NONE),
    (TF + "tf.placeholder", Meaning.TF1),
    (TF + "tf.layers.dense(tf.constant(1), 2)", Meaning.TF1),
    (TF + "tf.contrib.slim.conv2d", Meaning.TF1),
    (TF + "tf.app.run()\ntf.GradientTape", Meaning.TF1),
    (TF + "tf.estimator.Estimator(f)", Meaning.TF1),
    (TF + "def f():\n  return tf.losses.mean_squared_error", Meaning.TF1),
    ("import tensorflow\ntensorflow.Session()", Meaning.TF1),
    ("from tensorflow import Session", Meaning.TF1),
    ("from tensorflow.contrib import slim", Meaning.TF1),
    ("import tensorflow.compat.v1 as tf\ntf.constant(1)", Meaning.TF1),
    ("from tensorflow.compat import v1 as tf", Meaning.TF1),
    ("from tensorflow.compat.v1 import Session", Meaning.TF1),
    (TF + "tf.compat.v1.placeholder", Meaning.TF2),
    (TF + "tf.compat.v1.Session()\ntf.Session()", Meaning.TF2),
    (TF + "tf.random.normal([2])\ntf.optimizers.Adam", Meaning.TF2),
    (TF + "tf.summary.create_file_writer('x')", Meaning.TF2),
    (TF + "tf.losses.MeanSquaredError()", Meaning.TF2),
    (TF + "@tf.function\ndef f(): pass", Meaning.TF2),
    (TF + "import tensorflow.compat.v1 as tf1", Meaning.TF2),
    ("import tensorflow.compat.v2 as tf", Meaning.TF2),
  ],
)
def test_a_source_says_which_tensorflow_it_means(source, meaning):
  assert find_meaning(ast.parse(source)) is meaning


def test_lines_that_may_fail_to_import_are_known():
  source = """
try:
  import a
  import b
except ImportError:
  import c
try:
  import d
except KeyError:
  pass
try:
  import e
except (ValueError, ModuleNotFoundError):
  pass
"""
  lines = guarded_lines(ast.parse(source))
  imports = {
    node.names[0].name
    for node in ast.walk(ast.parse(source))
    if isinstance(node, ast.Import) and node.lineno in lines
  }
  assert imports == {"a", "b", "e"}
