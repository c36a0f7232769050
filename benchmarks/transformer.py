"""A new transformer of BERT's shape, as a module_fn."""

from typing import Any

from hub_estimator.tensorflow_runtime import hub, tf

_LAYERS, _WIDTH, _HEADS, _TOKENS, _BUCKETS = 4, 512, 8, 64, 20000


def transformer() -> None:
  """A module_fn: strings [N] -> [N, _WIDTH], the mean of a transformer's outputs."""
  sentences = tf.placeholder(tf.string, [None])
  words = tf.compat.v2.strings.split(tf.strings.lower(sentences))
  hashed = tf.strings.to_hash_bucket_fast(words.flat_values, _BUCKETS - 1) + 1
  ids = words.with_flat_values(hashed).to_tensor(shape=[None, _TOKENS])
  table = tf.get_variable(
    "embeddings",
    [_BUCKETS, _WIDTH],
    initializer=tf.random_normal_initializer(stddev=0.02),
  )
  positions = tf.get_variable(
    "positions",
    [_TOKENS, _WIDTH],
    initializer=tf.random_normal_initializer(stddev=0.02),
  )
  hidden = tf.nn.embedding_lookup(table, ids) + positions
  known = tf.cast(ids > 0, tf.float32)
  for layer in range(_LAYERS):
    with tf.variable_scope(f"layer_{layer}"):
      attended = _attend(_normalized(hidden, "before_attention"), known)
      hidden += _dense(attended, _WIDTH, "attention_output")
      inner = _dense(_normalized(hidden, "before_mlp"), 4 * _WIDTH, "inner")
      hidden += _dense(tf.nn.relu(inner), _WIDTH, "outer")
  weights = known[:, :, tf.newaxis]
  total = tf.reduce_sum(_normalized(hidden, "last") * weights, axis=1)
  mean = total / tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)
  hub.add_signature(inputs=sentences, outputs=mean)


def _attend(hidden: Any, known: Any) -> Any:
  def by_head(tensor):
    shape = [-1, _TOKENS, _HEADS, _WIDTH // _HEADS]
    return tf.transpose(tf.reshape(tensor, shape), [0, 2, 1, 3])

  query, key, value = (
    by_head(_dense(hidden, _WIDTH, name)) for name in ("query", "key", "value")
  )
  scores = tf.matmul(query, key, transpose_b=True) * (_WIDTH / _HEADS) ** -0.5
  scores += 1e4 * (known[:, tf.newaxis, tf.newaxis, :] - 1.0)
  attended = tf.matmul(tf.nn.softmax(scores), value)
  return tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [-1, _TOKENS, _WIDTH])


def _dense(tensor: Any, width: int, name: str) -> Any:
  with tf.variable_scope(name):
    kernel = tf.get_variable("kernel", [tensor.shape[-1], width])
    bias = tf.get_variable("bias", [width], initializer=tf.zeros_initializer())
    return tf.tensordot(tensor, kernel, 1) + bias


def _normalized(tensor: Any, name: str) -> Any:
  with tf.variable_scope(name):
    scale = tf.get_variable(
      "scale", [_WIDTH], initializer=tf.ones_initializer()
    )
    mean, variance = tf.nn.moments(tensor, [-1], keepdims=True)
    return scale * (tensor - mean) * tf.math.rsqrt(variance + 1e-6)
