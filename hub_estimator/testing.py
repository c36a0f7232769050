"""Tiny real modules, for tests of this package and of what is built on it."""

import os
import tempfile
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


def token_module(
  path: str, *, words: Sequence[str] = (), width: int = 4, told: bool = True
) -> str:
  """Makes a module with BERT's inputs: the mean of vectors of the ids.

  Its signatures are "tokens" and, without inputs, "tokenization_info"; its
  outputs are "pooled_output" [N, width] and "sequence_output" [N, length, width].

  Args:
    path: a directory that doesn't exist yet.
    words: the vocabulary, after BERT's tokens in brackets.
    width: of the vectors.
    told: whether there is a signature "tokenization_info".
  """
  words = list(words) or ["good", "bad", "film", "the", "a", "##ish", "##s"]
  vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words]
  vectors = np.random.default_rng(1).normal(size=(len(vocabulary), width))
  with tempfile.TemporaryDirectory() as scratch:
    file = os.path.join(scratch, "vocab.txt")
    with open(file, "w", encoding="utf-8") as stream:
      stream.writelines(f"{token}\n" for token in vocabulary)

    def module_fn():
      ids, mask, segments = (
        tf.placeholder(tf.int32, [None, None]) for _ in "123"
      )
      embeddings = tf.get_variable(
        "embeddings",
        vectors.shape,
        initializer=tf.constant_initializer(vectors),
      )
      # Of the second segment, the opposite.
      sign = 1.0 - 2.0 * tf.cast(segments, tf.float32)
      weights = (sign * tf.cast(mask, tf.float32))[:, :, tf.newaxis]
      sequence = tf.nn.embedding_lookup(embeddings, ids) * weights
      hub.add_signature(
        "tokens",
        inputs={"input_ids": ids, "input_mask": mask, "segment_ids": segments},
        outputs={
          "pooled_output": tf.reduce_sum(sequence, axis=1),
          "sequence_output": sequence,
        },
      )
      path_of_file = tf.constant(file)
      tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, path_of_file)
      if told:
        hub.add_signature(
          "tokenization_info",
          inputs={},
          outputs={
            "vocab_file": path_of_file,
            "do_lower_case": tf.constant(True),
          },
        )

    return export_module(os.fspath(path), module_fn)
