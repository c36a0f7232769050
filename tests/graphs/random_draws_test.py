import pytest

from hub_estimator.graphs import find_random_ops
from hub_estimator.tensorflow_runtime import tf


def _random_ops(tensor):
  found = find_random_ops(tensor.graph.as_graph_def(), {"it": [tensor.name]})
  return found.get("it", [])


@pytest.fixture(autouse=True)
def _graph():
  with tf.Graph().as_default():
    yield


def _x():
  return tf.placeholder(tf.float32, [None, 3])


def test_only_ops_that_a_tensor_depends_on_count():
  x = _x()
  noise = tf.random.uniform(tf.shape(x))
  assert _random_ops(x * 2.0) == []
  assert _random_ops(x + noise) == ["RandomUniform"]
  names = {"mean": [x.name], "sample": [(x + noise).name, x.name]}
  assert find_random_ops(x.graph.as_graph_def(), names) == {
    "sample": ["RandomUniform"]
  }


def test_waiting_for_a_draw_changes_no_value_unless_it_is_written():
  x = _x()
  noise = tf.random.uniform([])
  with tf.control_dependencies([noise]):
    assert _random_ops(tf.identity(x)) == []
  variable = tf.get_variable("v", [])
  with tf.control_dependencies([variable.assign(noise)]):
    assert "RandomUniform" in _random_ops(variable.read_value())
  with tf.control_dependencies([tf.group(variable.assign(noise))]):
    assert "RandomUniform" in _random_ops(variable.read_value())


def test_the_shape_of_a_sample_is_not_random():
  noise = tf.random.uniform(tf.placeholder(tf.int32, [1]))
  assert _random_ops(tf.ones(tf.shape(noise))) == []


@pytest.mark.parametrize("op", ["multinomial", "shuffle", "truncated", "gamma"])
def test_any_distribution_counts(op):
  drawn = {
    "multinomial": lambda: tf.random.categorical(_x(), 1),
    "shuffle": lambda: tf.random.shuffle(_x()),
    "truncated": lambda: tf.random.truncated_normal([3]),
    "gamma": lambda: tf.random.gamma([3], 1.0),
  }[op]()
  assert len(_random_ops(drawn)) == 1


def test_stateless_draws_are_functions_of_their_seed():
  constant = tf.random.stateless_uniform([3], seed=[1, 2])
  assert _random_ops(constant) == []
  seed = tf.random.uniform([2], maxval=9, dtype=tf.int32)
  assert _random_ops(tf.random.stateless_uniform([3], seed=seed)) == [
    "RandomUniformInt"
  ]


def test_a_generators_draws_count():
  drawn = tf.raw_ops.NonDeterministicInts(shape=[3])
  assert _random_ops(drawn) == ["NonDeterministicInts"]


def test_a_function_tells_its_outputs_apart():
  @tf.function
  def mean_and_sample(x):
    return x, x + tf.random.normal(tf.shape(x))

  @tf.function
  def outer(x):
    mean, sample = mean_and_sample(x)
    return sample * 2.0, mean * 2.0

  mean, sample = mean_and_sample(_x())
  assert _random_ops(mean) == []
  assert _random_ops(sample) == ["RandomStandardNormal"]
  sample, mean = outer(_x())
  assert _random_ops(mean) == []
  assert _random_ops(sample) == ["RandomStandardNormal"]


def test_what_a_function_is_given_counts_if_it_uses_it():
  @tf.function
  def first(x, y):
    return x + 1.0, y

  used, unused = first(_x(), tf.random.normal([3]))
  assert _random_ops(used) == []
  assert _random_ops(unused) == ["RandomStandardNormal"]


def _loop(x, *, noisy):
  """Returns a loop's two values; the first one alone draws if `noisy`."""

  def body(i, a, b):
    drawn = tf.random.normal(tf.shape(a)) if noisy else tf.zeros_like(a)
    return i + 1, a + drawn, b * 2.0

  return tf.while_loop(
    lambda i, a, b: i < 3, body, (tf.constant(0), x, x), back_prop=False
  )


@pytest.mark.parametrize("functional", [False, True])
def test_loops_tell_their_values_apart(functional):
  x = _x()
  call = tf.function(_loop) if functional else _loop
  _, a, b = call(x, noisy=True)
  assert _random_ops(a) == ["RandomStandardNormal"]
  assert _random_ops(b) == []
  assert _random_ops(call(x, noisy=False)[1]) == []
  if functional:
    ops = {
      n.op for f in x.graph.as_graph_def().library.function for n in f.node_def
    }
    assert ops & {"While", "StatelessWhile"}


@pytest.mark.parametrize("functional", [False, True])
def test_branches_count_and_so_does_what_decides(functional):
  def choose(x, decide):
    return tf.cond(
      decide,
      lambda: (x, x + tf.random.normal([3])),
      lambda: (x * 2.0, x),
    )

  call = tf.function(choose) if functional else choose
  plain, sample = call(_x(), tf.placeholder(tf.bool, []))
  assert _random_ops(plain) == []
  assert _random_ops(sample) == ["RandomStandardNormal"]
  decided, _ = call(_x(), tf.random.uniform([]) < 0.5)
  assert "RandomUniform" in _random_ops(decided)
