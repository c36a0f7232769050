"""Networks with constant weights give the same outputs as with variables."""

import numpy as np
import pytest

from hub_estimator import modules, testing
from hub_estimator.graphs import networks
from hub_estimator.inputs import FeatureSpec
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.tensorflow_runtime import estimator, hub, tf

NUMBER = FeatureSpec("float32", ())
WORDS = ["good film", "a bad", "unheard of"]


def _network(handle, specs, **options) -> networks.Network:
  """Returns the network of a module."""

  def build(features):
    placed = modules.place(
      read_module_info(handle),
      ModuleSource(handle, trainable=False),
      mode=estimator.ModeKeys.EVAL,
    )
    return placed.apply(features)[0]

  return networks.Network(specs, build, **options)


def _run(network, *batches) -> dict[str, np.ndarray]:
  """Returns the outputs of all batches, joined."""
  with network:
    parts = list(network.run(batches))
  return {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}


def _types(network) -> set[str]:
  (output,) = network.outputs.values()
  return {op.type for op in output.graph.get_operations()}


def _by_hub(handle, feeds) -> dict[str, np.ndarray]:
  with tf.Graph().as_default(), tf.Session() as session:
    inputs = {n: tf.constant(v) for n, v in feeds.items()}
    outputs = hub.Module(handle)(inputs, as_dict=True)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)


@pytest.mark.parametrize("fixed", [True, False])
def test_outputs_are_those_of_hub_module(batch_norm, fixed):
  network = _network(
    batch_norm,
    {"x": FeatureSpec("float32", (4,))},
    **({} if fixed else {"most_constant_bytes": 10}),
  )
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
  network = _network(handle, {name: FeatureSpec("string", ())})
  np.testing.assert_allclose(
    _run(network, {name: np.array(WORDS, object)})["default"],
    _by_hub(handle, {name: np.array(WORDS, object)})["default"],
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
    network = _network(handle, {"x": FeatureSpec("float32", (4,))})
    np.testing.assert_allclose(
      _run(network, {"x": x})["default"],
      _by_hub(handle, {"x": x})["default"],
      rtol=1e-5,
      atol=1e-6,
    )
    assert "VarHandleOp" in _types(network)


@pytest.mark.parametrize("use_resource", [True, False])
@pytest.mark.parametrize("of_rows", [True, False])
def test_a_network_that_counts_its_calls_keeps_its_variables(
  use_resource, of_rows
):
  def build(inputs):
    count = tf.get_variable(
      "count",
      [1],
      initializer=tf.zeros_initializer(),
      use_resource=use_resource,
    )
    counted = (
      tf.scatter_add(count, [0], [1.0]) if of_rows else count.assign_add([1.0])
    )
    with tf.control_dependencies([counted]):
      return {"y": inputs["x"] + count.read_value()}

  network = networks.Network({"x": NUMBER}, build)
  batches = [{"x": np.full([2], 10.0, np.float32)}] * 20
  expected = np.repeat(np.arange(11.0, 31.0), 2)
  np.testing.assert_array_equal(_run(network, *batches)["y"], expected)
  assert _types(network) & {"VarHandleOp", "VariableV2"}


@pytest.mark.parametrize("use_resource", [True, False])
def test_weights_of_either_kind_become_constants(use_resource):
  def build(inputs):
    kernel = tf.get_variable(
      "kernel",
      [1, 3],
      initializer=tf.random_normal_initializer(seed=1),
      use_resource=use_resource,
    )
    return {"y": tf.matmul(inputs["x"][:, tf.newaxis], kernel)}

  def run(network):
    return _run(network, {"x": np.arange(5, dtype=np.float32)})["y"]

  network = networks.Network({"x": NUMBER}, build)
  fixed = run(network)
  assert not _types(network) & {"VarHandleOp", "VariableV2"}
  assert np.ptp(fixed) > 0
  again = networks.Network({"x": NUMBER}, build, most_constant_bytes=0)
  np.testing.assert_allclose(fixed, run(again), rtol=1e-6)


def test_an_input_that_nothing_reads_and_no_variable_are_fine():
  def build(inputs):
    weight = tf.get_variable("w", [], initializer=tf.ones_initializer())
    return {"y": 2.0 * inputs["x"] * weight}

  one, three = (np.array([n], np.float32) for n in (1.0, 3.0))
  network = networks.Network({"x": NUMBER, "unread": NUMBER}, build)
  assert _run(network, {"x": three, "unread": one})["y"] == [6.0]
  bare = networks.Network({"x": NUMBER}, lambda inputs: {"y": inputs["x"] + 1})
  assert _run(bare, {"x": three})["y"] == [4.0]


def test_batches_come_out_in_order_and_a_bad_one_in_its_turn():
  def build(inputs):
    weight = tf.get_variable("w", [], initializer=tf.ones_initializer())
    with tf.control_dependencies([tf.debugging.assert_positive(inputs["x"])]):
      return {"y": inputs["x"] * weight}

  batches = [{"x": np.full([3], n, np.float32)} for n in range(1, 40)]
  network = networks.Network({"x": NUMBER}, build)
  expected = np.repeat(np.arange(1.0, 40.0), 3)
  np.testing.assert_array_equal(_run(network, *batches)["y"], expected)
  batches[7] = {"x": np.array([-1.0], np.float32)}
  outputs = network.run(iter(batches))
  for n in range(1, 8):
    assert next(outputs)["y"][0] == n
  with pytest.raises(tf.errors.InvalidArgumentError, match="positive|> 0"):
    next(outputs)
  # Another run works, and one that is abandoned ends.
  outputs = network.run(batches[:5])
  assert next(outputs)["y"][0] == 1
  outputs.close()
  network.close()


def test_no_more_batches_are_taken_than_are_computed():
  taken = []

  def batches():
    for n in range(100):
      taken.append(n)
      yield {"x": np.ones([1], np.float32)}

  def build(inputs):
    weight = tf.get_variable("w", [], initializer=tf.ones_initializer())
    return {"y": inputs["x"] * weight}

  with networks.Network({"x": NUMBER}, build) as network:
    for done, _ in enumerate(network.run(batches()), start=1):
      assert len(taken) <= done + 3
  assert len(taken) == 100
