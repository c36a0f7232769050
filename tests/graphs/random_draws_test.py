from hub_estimator.features.random_ops import find_random_ops
from hub_estimator.tensorflow_runtime import tf


def test_only_ops_that_a_tensor_depends_on_count():
  with tf.Graph().as_default():
    x = tf.placeholder(tf.float32, [None, 3])
    noise = tf.random.uniform(tf.shape(x))
    assert find_random_ops(x * 2.0) == []
    assert find_random_ops(x + noise) == ["RandomUniform"]
    with tf.control_dependencies([noise]):
      assert find_random_ops(tf.identity(x)) == ["RandomUniform"]


def test_ops_in_functions_count():
  @tf.function
  def noisy(x):
    return x + tf.random.normal(tf.shape(x))

  with tf.Graph().as_default():
    x = tf.placeholder(tf.float32, [None, 3])
    assert find_random_ops(noisy(x)) == ["RandomStandardNormal"]
