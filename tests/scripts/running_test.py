"""A script runs as Python runs it, and means TensorFlow 1 by `tensorflow`."""

import subprocess
import sys

import numpy as np
import pytest

from hub_estimator.publishing import text

# Files of the room that these tests cover, beside their own.
COVERS = ("importing", "tensorflow1", "tracebacks")

COMMAND = [sys.executable, "-m", "hub_estimator.trainers.main", "run"]

OLD = """
import os
import sys
import tensorflow as tf
import tensorflow_hub as hub
from tensorflow import Session
from tensorflow.contrib import quantize
from tensorflow.contrib.training import HParams
from tensorflow.python.estimator.util import fn_args
from tensorflow.python.framework import ops
import package.parts
import new
import same
try:
  from tensorflow.contrib import rnn
except ImportError:
  rnn = "own"
assert rnn == "own" and Session is tf.Session and same.tf is tf
assert ops.Graph is tf.Graph and callable(fn_args)
flags = tf.app.flags
flags.DEFINE_integer("steps", 3, "steps")
flags.DEFINE_string("flagged", "", "given by a --flagfile")
FLAGS = flags.FLAGS

def module_fn():
  x = tf.placeholder(tf.float32, [None, 4])
  regularizer = tf.contrib.layers.l2_regularizer(0.1)
  hub.add_signature(
    inputs=x, outputs=tf.layers.dense(x, 2, kernel_regularizer=regularizer))

def model_fn(features, labels, mode, params):
  module = hub.Module(hub.create_module_spec(module_fn), trainable=True)
  hub.register_module_for_export(module, "m")
  logits = tf.layers.dense(module(features["x"]), 1)
  assert logits.shape[1].value == 1  # A tf.Dimension.
  head = tf.estimator.BinaryClassHead()
  return head.create_estimator_spec(
    features, mode, logits, labels=labels,
    train_op_fn=lambda loss: tf.contrib.layers.optimize_loss(
      loss, None, params.rate, "Adam", clip_gradients=1.0))

def input_fn():
  x = tf.data.Dataset.from_tensors(({"x": [[1., 2., 3., 4.]]}, [[1]]))
  return x.repeat(9).make_one_shot_iterator().get_next()

def main(argv):
  print("argv", argv, __name__, __file__, sys.path[0], FLAGS.flagged)
  print("parts", package.parts.six(), new.six())
  made = tf.estimator.Estimator(model_fn, "run", params=HParams(rate=0.1))
  made.train(input_fn, max_steps=FLAGS.steps)
  print("step", made.get_variable_value("global_step"))
  print("gone", hasattr(quantize, "create_training_graph"))
  if "boom" in argv:
    package.parts.boom()
  if "contrib" in argv:
    quantize.create_training_graph()
  sys.exit(7)

if __name__ == "__main__":
  tf.app.run()
"""
PARTS = """
import tensorflow as tf

def six():
  with tf.Session() as session:
    return session.run(tf.constant(2) * 3)

def boom():
  raise ValueError("boom")
"""
NEW = """
import tensorflow as tf

def six():
  assert not hasattr(tf, "placeholder")
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    return session.run(tf.constant(2) * 3)
"""
SAME = """
import tensorflow.compat.v1 as tf
from tensorflow.compat.v1 import layers
assert tf.compat.v1 is tf and tf.layers is layers and tf.estimator.Estimator
"""

TPU = """
import tensorflow as tf
tpu = tf.contrib.tpu

def model_fn(features, labels, mode, params):
  y = tf.layers.dense(features["x"], params["batch_size"])
  loss = tf.losses.mean_squared_error(labels, y)
  train_op = tf.train.AdamOptimizer(0.1).minimize(
    loss, tf.train.get_global_step())
  metrics = (
    lambda l, p: {"error": tf.metrics.mean_squared_error(l, p)}, [labels, y])
  return tpu.TPUEstimatorSpec(
    mode, loss=loss, train_op=train_op, eval_metrics=metrics)

def input_fn(params):
  rows = ({"x": [[1., 2.]] * 8}, [[1., 1.]] * 8)
  rows = tf.data.Dataset.from_tensor_slices(rows).repeat(20)
  return rows.apply(tf.contrib.data.map_and_batch(
    lambda *row: row, params["batch_size"], drop_remainder=True))

made = tpu.TPUEstimator(
  use_tpu=False, model_fn=model_fn, train_batch_size=2, eval_batch_size=2,
  config=tpu.RunConfig(tpu_config=tpu.TPUConfig(iterations_per_loop=10)))
made.train(input_fn, max_steps=6)
metrics = made.evaluate(input_fn, steps=2)
print(metrics["global_step"], metrics["error"] == metrics["loss"])
"""

CANNED = """
import sys
import numpy as np
import tensorflow as tf
import tensorflow_hub as hub
column = hub.text_embedding_column("sentence", sys.argv[1], trainable=True)
words = np.array(["good film", "bad film", "good", "bad"] * 8)
labels = np.array([1, 0, 1, 0] * 8)
inputs = tf.estimator.inputs.numpy_input_fn
train = inputs({"sentence": words}, labels, num_epochs=None, shuffle=True)
made = tf.estimator.DNNClassifier(
  hidden_units=[8], feature_columns=[column], n_classes=2,
  optimizer=tf.train.AdagradOptimizer(learning_rate=0.1))
made.train(input_fn=train, steps=40)
test = inputs({"sentence": words}, labels, shuffle=False)
print(made.evaluate(input_fn=test)["accuracy"])
"""


@pytest.fixture
def folder(tmp_path):
  (tmp_path / "code" / "package").mkdir(parents=True)
  (tmp_path / "code" / "old.py").write_text(OLD)
  (tmp_path / "code" / "package" / "__init__.py").touch()
  (tmp_path / "code" / "package" / "parts.py").write_text(PARTS)
  (tmp_path / "code" / "new.py").write_text(NEW)
  (tmp_path / "code" / "same.py").write_text(SAME)
  (tmp_path / "flags.txt").write_text("--flagged=yes\n--steps=2")
  return tmp_path


def _run(folder, *arguments, command=COMMAND):
  return subprocess.run(
    [*command, *arguments],
    cwd=folder,
    capture_output=True,
    text=True,
    check=False,
  )


def _own_lines(stderr):
  """Returns the traceback in standard error."""
  return stderr[stderr.index("Traceback") :]


@pytest.mark.slow
def test_an_old_script_trains_and_exits_as_it_says(folder):
  done = _run(folder, "code/old.py", "--flagfile=flags.txt", "a", "--", "-b")
  assert done.returncode == 7, done.stderr
  argv = "['code/old.py', 'a', '--', '-b']"
  lines = done.stdout.splitlines()
  assert (
    lines[0] == f"argv {argv} __main__ {folder}/code/old.py {folder}/code yes"
  )
  assert lines[1:] == ["parts 6 6", "step 2", "gone False"]


@pytest.mark.slow
def test_what_the_script_uses_of_contrib_gets_one_line(folder):
  done = _run(folder, "code/old.py", "contrib")
  assert done.returncode == 2, done.stderr
  number = 1 + OLD.splitlines().index("    quantize.create_training_graph()")
  assert done.stderr.splitlines()[-1] == (
    f"hub-estimator run: code/old.py:{number}: "
    "tf.contrib.quantize.create_training_graph isn't in TensorFlow 2: train "
    "without it, and quantize the export with tf.lite."
  )
  assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_an_error_has_the_traceback_of_the_script(folder):
  done = _run(
    folder,
    "code/old.py",
    "boom",
    command=[sys.executable, "-m", "hub_estimator.run"],
  )
  assert done.returncode == 1
  traceback = _own_lines(done.stderr)
  assert traceback.splitlines()[-1] == "ValueError: boom"
  assert f'File "{folder}/code/old.py"' in traceback
  assert f'File "{folder}/code/package/parts.py", line 9' in traceback
  assert "hub_estimator" not in traceback


@pytest.mark.newest
@pytest.mark.parametrize(
  "line, name, instead",
  [
    (
      "from tensorflow.contrib.learn import ModeKeys",
      "tf.contrib.learn.ModeKeys",
      "use tf.estimator.ModeKeys, whose INFER is PREDICT",
    ),
    (
      "import tensorflow.contrib.learn.python.learn",
      "tf.contrib.learn.python",
      "look for it in tf.estimator",
    ),
    (
      "from tensorflow.examples.tutorials.mnist import input_data",
      "tensorflow.examples.tutorials.mnist",
      "use tf.keras.datasets, or data of your own by hub_estimator's inputs",
    ),
  ],
)
def test_an_import_of_what_is_gone_is_one_line(folder, line, name, instead):
  (folder / "code" / "gone.py").write_text(f"import os\n{line}\n")
  done = _run(folder, "code/gone.py")
  assert done.returncode == 2
  assert done.stderr == (
    f"hub-estimator run: code/gone.py:2: {name} isn't in TensorFlow 2: "
    f"{instead}.\n"
  )


@pytest.mark.slow
def test_an_estimator_for_tpus_trains_without_one(folder):
  (folder / "code" / "tpu.py").write_text(TPU)
  done = _run(folder, "code/tpu.py")
  assert done.stdout == "6 True\n", done.stderr


@pytest.mark.slow
def test_a_canned_estimator_trains_a_module_by_its_column(folder):
  (folder / "code" / "canned.py").write_text(CANNED)
  module = str(folder / "module")
  vectors = np.array([[1, 0.2], [-1, 0.1], [0, 0.5]], np.float32)
  text.publish(module, words=["good", "bad", "film"], vectors=vectors)
  done = _run(folder, "code/canned.py", module)
  assert done.stdout == "1.0\n", done.stderr


@pytest.mark.slow
@pytest.mark.newest
def test_errors_at_import_have_the_frames_of_the_script_alone(folder):
  script = folder / "code" / "broken.py"
  script.write_text("import package.broken")
  broken = folder / "code" / "package" / "broken.py"
  for source, why in (
    ("import tensorflow as tf\ntf.Session(\n", "SyntaxError"),
    ("import tensorflow as tf\nimport tensorflow.nothing", "ModuleNotFound"),
    ("import tensorflow as tf\ntf.no_such_name", "'tensorflow' has no attr"),
    ("from tensorflow import no_such, Session", "cannot import name 'no_such'"),
  ):
    broken.write_text(source)
    done = _run(folder, str(script))
    assert done.returncode == 1
    traceback = _own_lines(done.stderr)
    assert why in traceback.splitlines()[-1]
    assert f'File "{broken}", line' in traceback
    assert "hub_estimator" not in traceback, traceback


@pytest.mark.newest
def test_code_for_tensorflow_2_keeps_its_meaning(folder):
  script = folder / "code" / "v2.py"
  script.write_text(
    "import sys, tensorflow as tf\n"
    "@tf.function\n"
    "def twice(x): return 2 * x\n"
    "print(int(twice(tf.constant(3))), tf.executing_eagerly(), sys.argv)"
  )
  done = _run(folder, str(script), "--help")
  assert done.stdout == f"6 True ['{script}', '--help']\n", done.stderr
  assert done.returncode == 0


@pytest.mark.newest
def test_a_script_that_does_not_exist_is_one_line(folder):
  done = _run(folder, "code/odl.py")
  assert done.returncode == 2
  assert done.stderr == (
    "hub-estimator run: The script 'code/odl.py' can't be read: No such file or "
    "directory.\n"
  )
