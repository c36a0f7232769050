"""Tiny real modules, for tests of this package and of what is built on it."""

import os
from collections.abc import Callable, Sequence

import numpy as np

from hub_estimator.tensorflow_runtime import hub, tf


def export_module(
  path: str,
  module_fn: Callable,
  *,
  tags_and_args: Sequence | None = None,
  seed: int = 1,
) -> str:
  """Exports a module_fn with freshly initialised variables; returns `path`.

  Variables of all variants are initialised and stored, those of the training
  variant first.

  Args:
    path: a directory that doesn't exist yet.
    module_fn: calls `hub.add_signature`.
    tags_and_args: variants, as `hub.create_module_spec` takes them.
    seed: of the initialisers.
  """

  def seeded_module_fn(**kwargs):
    tf.set_random_seed(seed)  # It is part of the graph that is being built.
    module_fn(**kwargs)

  spec = hub.create_module_spec(seeded_module_fn, tags_and_args=tags_and_args)
  tags = max(spec.get_tags(), key=len)
  with tf.Graph().as_default():
    module = hub.Module(spec, tags=set(tags))
    with tf.Session() as session:
      session.run([tf.global_variables_initializer(), tf.tables_initializer()])
      module.export(path, session)
  return path


def dense_module(
  path: str, *, width: int = 3, inputs: int = 4, l2: float = 0.0
) -> str:
  """Makes a module of one dense layer: float32 [N, inputs] -> [N, width]."""

  def module_fn():
    x = tf.placeholder(tf.float32, [None, inputs])
    kernel = tf.get_variable("kernel", [inputs, width])
    bias = tf.get_variable("bias", [width], initializer=tf.zeros_initializer())
    if l2:
      tf.add_to_collection(
        tf.GraphKeys.REGULARIZATION_LOSSES, l2 * tf.nn.l2_loss(kernel)
      )
    hub.add_signature(
      inputs={"x": x}, outputs=tf.tanh(tf.matmul(x, kernel) + bias)
    )

  return export_module(path, module_fn)


def batch_norm_module(
  path: str,
  *,
  width: int = 3,
  inputs: int = 4,
  l2: float = 0.01,
  momentum: float = 0.9,
  activity_regularizer: bool = False,
) -> str:
  """Makes a module with variants {} and {"train"}.

  Both have a dense layer, batch norm, and the regularization loss of the
  kernel; {"train"} normalises by the batch and updates its moving statistics.
  The second signature, "other", has update ops of its own.

  Args:
    path: a directory that doesn't exist yet.
    width: of the output.
    inputs: width of the input.
    l2: weight of the regularization loss.
    momentum: of the moving statistics.
    activity_regularizer: adds a loss that hangs on the input.
  """

  def module_fn(training):
    kernel = tf.get_variable("kernel", [inputs, width])
    if l2:
      tf.add_to_collection(
        tf.GraphKeys.REGULARIZATION_LOSSES, l2 * tf.nn.l2_loss(kernel)
      )
    gamma = tf.get_variable("gamma", [width], initializer=tf.ones_initializer())
    mean = tf.get_variable(
      "moving_mean",
      [width],
      initializer=tf.zeros_initializer(),
      trainable=False,
    )
    variance = tf.get_variable(
      "moving_variance",
      [width],
      initializer=tf.ones_initializer(),
      trainable=False,
    )
    for signature in ("default", "other"):
      x = tf.placeholder(tf.float32, [None, inputs])
      y = tf.matmul(x, kernel)
      if activity_regularizer and signature == "default":
        tf.add_to_collection(
          tf.GraphKeys.REGULARIZATION_LOSSES,
          tf.reduce_sum(y, name="activity_regularizer"),
        )
      used_mean, used_variance = mean, variance
      if training:
        used_mean, used_variance = tf.nn.moments(y, [0])
        for moving, batch in ((mean, used_mean), (variance, used_variance)):
          tf.add_to_collection(
            tf.GraphKeys.UPDATE_OPS,
            moving.assign_sub((1 - momentum) * (moving - batch)).op,
          )
      y = gamma * (y - used_mean) * tf.math.rsqrt(used_variance + 1e-3)
      hub.add_signature(signature, inputs={"x": x}, outputs=tf.nn.relu(y))

  return export_module(
    path,
    module_fn,
    tags_and_args=[
      (set(), {"training": False}),
      ({"train"}, {"training": True}),
    ],
  )


def text_module(path: str, *, words: Sequence[str] = (), width: int = 4) -> str:
  """Makes a text-embedding module: string [N] -> float32 [N, width]."""
  from hub_estimator.publishing import text

  words = list(words) or ["good", "bad", "film", "the", "a"]
  vectors = np.random.default_rng(1).normal(size=(len(words), width))
  return text.publish(
    os.fspath(path), words=words, vectors=vectors.astype(np.float32)
  )
