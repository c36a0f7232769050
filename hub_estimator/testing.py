"""Tiny real modules, for tests of this package and of packages that use it."""

import os
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.publishing import text
from hub_estimator.tensorflow_runtime import hub, tf


def export_module(
  path: str,
  module_fn: Callable[..., None],
  *,
  tags_and_args: Sequence[tuple[Collection[str], Mapping[str, Any]]]
  | None = None,
  seed: int = 1,
) -> str:
  """Exports a module_fn with freshly initialized variables; returns `path`.

  The module stores the variables of the variant with the most tags.

  Args:
    path: a directory that doesn't exist yet.
    module_fn: calls `hub.add_signature`.
    tags_and_args: variants, as `hub.create_module_spec` expects them; None
      makes one variant without tags.
    seed: seed of the initializers.
  """

  def seeded_module_fn(**kwargs: Any) -> None:
    tf.set_random_seed(seed)  # Belongs to the graph that is being built.
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
  """Exports a module of one dense layer; returns `path`.

  It maps float32 [N, inputs] to [N, width].

  Args:
    path: a directory that doesn't exist yet.
    width: width of the output.
    inputs: width of the input.
    l2: weight of the kernel's regularization loss; 0 adds none.
  """

  def module_fn() -> None:
    x = tf.placeholder(tf.float32, [None, inputs])
    kernel = tf.get_variable("kernel", [inputs, width])
    bias = tf.get_variable("bias", [width], initializer=tf.zeros_initializer())
    _add_l2_loss(kernel, l2)
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
  """Exports a module with variants {} and {"train"}; returns `path`.

  Both have a dense layer, batch norm, and the kernel's regularization loss.
  {"train"} normalizes by the batch and updates the moving statistics. The
  second signature, "other", has update ops of its own.

  Args:
    path: a directory that doesn't exist yet.
    width: width of the output.
    inputs: width of the input.
    l2: weight of the kernel's regularization loss; 0 adds none.
    momentum: momentum of the moving statistics.
    activity_regularizer: whether to add a loss that depends on the input.
  """

  def module_fn(training: bool) -> None:
    kernel = tf.get_variable("kernel", [inputs, width])
    _add_l2_loss(kernel, l2)
    gamma = tf.get_variable("gamma", [width], initializer=tf.ones_initializer())
    moving = _build_moving_statistics(width)
    for signature in ("default", "other"):
      x = tf.placeholder(tf.float32, [None, inputs])
      y = tf.matmul(x, kernel)
      if activity_regularizer and signature == "default":
        tf.add_to_collection(
          tf.GraphKeys.REGULARIZATION_LOSSES,
          tf.reduce_sum(y, name="activity_regularizer"),
        )
      mean, variance = (
        _batch_statistics(y, moving, momentum) if training else moving
      )
      y = gamma * (y - mean) * tf.math.rsqrt(variance + 1e-3)
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
  """Exports a text-embedding module; returns `path`.

  It maps string [N] to float32 [N, width].

  Args:
    path: a directory that doesn't exist yet.
    words: the vocabulary; empty takes five words about films.
    width: width of the vectors.
  """
  words = list(words) or ["good", "bad", "film", "the", "a"]
  vectors = np.random.default_rng(1).normal(size=(len(words), width))
  return text.publish(
    os.fspath(path), words=words, vectors=vectors.astype(np.float32)
  )


def token_module(
  path: str,
  *,
  words: Sequence[str] = (),
  width: int = 4,
  tokenization_info: bool = True,
) -> str:
  """Exports a module with BERT's inputs, the mean of its ids' vectors.

  Its signatures are "tokens" and, without inputs, "tokenization_info". The
  outputs of "tokens" are "pooled_output" [N, width] and "sequence_output"
  [N, length, width].

  Args:
    path: a directory that doesn't exist yet.
    words: the vocabulary after BERT's special tokens; empty takes five words
      about films and two suffixes.
    width: width of the vectors.
    tokenization_info: whether the module has that signature.

  Returns:
    `path`.
  """
  words = list(words) or ["good", "bad", "film", "the", "a", "##ish", "##s"]
  vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words]
  vectors = np.random.default_rng(1).normal(size=(len(vocabulary), width))
  with tempfile.TemporaryDirectory() as scratch:
    file = os.path.join(scratch, "vocab.txt")
    with open(file, "w", encoding="utf-8") as stream:
      stream.writelines(f"{token}\n" for token in vocabulary)

    def module_fn() -> None:
      _add_tokens_signature(vectors)
      asset = tf.constant(file)
      tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
      if tokenization_info:
        hub.add_signature(
          "tokenization_info",
          inputs={},
          outputs={
            "vocab_file": asset,
            "do_lower_case": tf.constant(True),
          },
        )

    return export_module(os.fspath(path), module_fn)


def _add_l2_loss(kernel: tf.Variable, weight: float) -> None:
  if weight:
    tf.add_to_collection(
      tf.GraphKeys.REGULARIZATION_LOSSES, weight * tf.nn.l2_loss(kernel)
    )


def _build_moving_statistics(width: int) -> tuple[tf.Variable, tf.Variable]:
  """Returns the variables of batch norm's moving mean and variance."""
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
  return mean, variance


def _batch_statistics(
  y: tf.Tensor, moving: tuple[tf.Variable, tf.Variable], momentum: float
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the batch's mean and variance, and adds the moving ones' updates."""
  mean, variance = tf.nn.moments(y, [0])
  for variable, batch in zip(moving, (mean, variance), strict=True):
    tf.add_to_collection(
      tf.GraphKeys.UPDATE_OPS,
      variable.assign_sub((1 - momentum) * (variable - batch)).op,
    )
  return mean, variance


def _add_tokens_signature(vectors: np.ndarray) -> None:
  """Adds "tokens": vectors by id, negated in the second segment, and their mean."""
  ids, mask, segments = (tf.placeholder(tf.int32, [None, None]) for _ in "123")
  embeddings = tf.get_variable(
    "embeddings",
    vectors.shape,
    initializer=tf.constant_initializer(vectors),
  )
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
