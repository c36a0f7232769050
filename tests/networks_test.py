"""Networks with fixed weights give what those with variables give."""

import numpy as np
import pytest

from hub_estimator import modules, networks, testing
from hub_estimator.module_info import read_module_info
from hub_estimator.modules import ModuleSource
from hub_estimator.tensorflow_runtime import estimator, hub, tf

WORDS = ["good film", "a bad", "unheard of"]


def _network(handle, inputs, signature="default") -> networks.Network:
  """Returns the network of a module on placeholders of (dtype, shape) by name."""

  def make_inputs():
    return {n: tf.placeholder(*told) for n, told in inputs.items()}

  def build(features):
    source = ModuleSource(handle, signature=signature, trainable=False)
    placed = modules.place(
      read_module_info(handle), source, mode=estimator.ModeKeys.EVAL
    )
    return placed.apply(features)[0]

  return networks.Network(make_inputs, build)


def _run(network, feeds) -> dict[str, np.ndarray]:
  with network.open() as session:
    return session.run(
      network.outputs, {network.inputs[n]: v for n, v in feeds.items()}
    )


def _types(network) -> set[str]:
  return {op.type for op in network.inputs["x"].graph.get_operations()}


def _by_hub(handle, feeds) -> dict[str, np.ndarray]:
  with tf.Graph().as_default(), tf.Session() as session:
    inputs = {n: tf.constant(v) for n, v in feeds.items()}
    outputs = hub.Module(handle)(inputs, as_dict=True)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)


@pytest.mark.parametrize("fixed", [True, False])
def test_outputs_are_those_of_hub_module(batch_norm, monkeypatch, fixed):
  if not fixed:
    monkeypatch.setattr(networks, "_MOST_BYTES", 10)
  network = _network(batch_norm, {"x": (tf.float32, [None, 4])})
  x = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
  expected = _by_hub(batch_norm, {"x": x})
  np.testing.assert_allclose(
    _run(network, {"x": x})["default"],
    expected["default"],
    rtol=1e-5,
    atol=1e-6,
  )
  assert ("VarHandleOp" in _types(network)) is not fixed


def test_tables_are_filled(tmp_path):
  handle = testing.text_module(str(tmp_path / "module"))
  (name,) = read_module_info(handle).signature("default").inputs
  network = _network(handle, {name: (tf.string, [None])})
  np.testing.assert_allclose(
    _run(network, {name: WORDS})["default"],
    _by_hub(handle, {name: WORDS})["default"],
    rtol=1e-6,
  )


def test_branches_and_loops_keep_their_weights(tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 4], use_resource=True)
    chosen = tf.cond(
      tf.reduce_sum(x) > 0,
      lambda: tf.matmul(x, kernel),
      lambda: x - tf.reduce_mean(kernel),
    )
    _, looped = tf.while_loop(
      lambda i, y: i < 3,
      lambda i, y: (i + 1, tf.tanh(tf.matmul(y, kernel))),
      (tf.constant(0), chosen),
    )
    hub.add_signature(inputs={"x": x}, outputs=looped)

  handle = testing.export_module(str(tmp_path / "module"), module_fn)
  for sign in (1, -1):
    x = sign * np.ones([2, 4], np.float32)
    network = _network(handle, {"x": (tf.float32, [None, 4])})
    np.testing.assert_allclose(
      _run(network, {"x": x})["default"],
      _by_hub(handle, {"x": x})["default"],
      rtol=1e-5,
      atol=1e-6,
    )


def test_a_network_that_counts_its_calls_keeps_its_variables():
  def build(inputs):
    count = tf.get_variable(
      "count", [], initializer=tf.zeros_initializer(), use_resource=True
    )
    counted = count.assign_add(1.0)
    with tf.control_dependencies([counted]):
      return {"y": inputs["x"] + count.read_value()}

  network = networks.Network(
    lambda: {"x": tf.placeholder(tf.float32, [None])}, build
  )
  with network.open() as session:
    for calls in (1.0, 2.0):
      y = session.run(network.outputs, {network.inputs["x"]: [10.0]})["y"]
      assert y == [10.0 + calls]


def test_an_input_that_nothing_reads_and_no_variable_are_fine():
  network = networks.Network(
    lambda: {n: tf.placeholder(tf.float32, [None]) for n in ("x", "unread")},
    lambda inputs: {
      "y": 2.0
      * inputs["x"]
      * tf.get_variable("w", [], initializer=tf.ones_initializer())
    },
  )
  feeds = {"x": [3.0], "unread": [1.0]}
  assert _run(network, feeds)["y"] == [6.0]
  bare = networks.Network(
    lambda: {"x": tf.placeholder(tf.float32, [None])},
    lambda inputs: {"y": inputs["x"] + 1.0},
  )
  assert _run(bare, {"x": [3.0]})["y"] == [4.0]
