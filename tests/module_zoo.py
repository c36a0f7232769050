"""Modules after those that people have published, small enough for tests."""

import os

from hub_estimator import testing
from hub_estimator.tensorflow_runtime import hub, tf


def vae(path: str, *, seed: int | None = None) -> str:
  """A variational auto-encoder: its code, a sample of it, and reconstructions.

  It maps x float32 [N, 4] to "default", the mean, "stddev", and the samples
  "rawsample" and "reconstructions:x".
  """

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    hidden = tf.tanh(_dense(x, 5, "hidden"))
    mean = _dense(hidden, 3, "mean")
    stddev = tf.nn.softplus(_dense(hidden, 3, "stddev"))
    sample = mean + stddev * tf.random.normal(tf.shape(mean), seed=seed)
    hub.add_signature(
      inputs={"x": x},
      outputs={
        "default": mean,
        "stddev": stddev,
        "rawsample": sample,
        "reconstructions:x": _dense(sample, 4, "decoder"),
      },
    )

  return testing.export_module(os.fspath(path), module_fn)


def gan(path: str, *, size: int = 4, static_input: bool = True) -> str:
  """A generator that takes batches of one size alone, told by its tags.

  It maps z float32 [size, 4] to images float32 [size, 2, 3, 1]. Each image also
  depends on nothing but its own z.
  """

  def module_fn():
    z = tf.placeholder(tf.float32, [size if static_input else None, 4])
    images = tf.reshape(tf.tanh(_dense(z, 6, "generator")), [size, 2, 3, 1])
    hub.add_signature(inputs={"z": z}, outputs=images)

  tags = {"gen", f"bs{size}"}
  return testing.export_module(
    os.fspath(path), module_fn, tags_and_args=[(tags, {})]
  )


def segmenter(path: str) -> str:
  """A splitter of texts: all words of all texts, one after the other.

  It maps text string [N] to "tokens" string [words] and "vector" float32 [N, 2].
  """

  def module_fn():
    text = tf.placeholder(tf.string, [None])
    tokens = tf.string_split(text).values
    lengths = tf.cast(tf.strings.length(text), tf.float32)[:, tf.newaxis]
    scale = tf.get_variable("scale", [1, 2], initializer=tf.ones_initializer())
    hub.add_signature(
      inputs={"text": text},
      outputs={"tokens": tokens, "vector": lengths * scale},
    )

  return testing.export_module(os.fspath(path), module_fn)


def counting(path: str) -> str:
  """A module whose output counts its calls, so that no two of them agree.

  It maps x float32 [N, 4] to float32 [N, 3]. No export of it can be verified.
  """

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    calls = tf.get_variable(
      "calls",
      [],
      initializer=tf.zeros_initializer(),
      trainable=False,
      use_resource=True,
    )
    with tf.control_dependencies([calls.assign_add(1.0)]):
      counted = calls.read_value()
    hub.add_signature(inputs={"x": x}, outputs=_dense(x, 3, "dense") + counted)

  return testing.export_module(os.fspath(path), module_fn)


def _dense(x, units: int, name: str):
  with tf.variable_scope(name):
    kernel = tf.get_variable("kernel", [x.shape[-1], units])
    bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
  return tf.matmul(x, kernel) + bias
