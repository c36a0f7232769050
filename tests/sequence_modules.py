"""Modules that read sequences: token by token, with lengths, and sparse."""

import numpy as np

from hub_estimator import testing
from hub_estimator.tensorflow_runtime import hub, tf

_BUCKETS = 64
WIDTH = 4


def words_module(path: str, *, takes_lengths: bool = True) -> str:
  """Exports a module like ELMo; returns `path`.

  Its signature "tokens" maps strings [N, length] and perhaps `sequence_len` [N]
  to "elmo" [N, length, 4]. Padding has a vector as well.

  Args:
    path: a directory that doesn't exist yet.
    takes_lengths: whether there is `sequence_len`.
  """

  def module_fn() -> None:
    tokens = tf.placeholder(tf.string, [None, None])
    inputs = {"tokens": tokens}
    if takes_lengths:
      inputs["sequence_len"] = tf.placeholder(tf.int32, [None])
    hub.add_signature("tokens", inputs=inputs, outputs={"elmo": _embed(tokens)})

  return testing.export_module(path, module_fn)


def ids_module(path: str, name: str, shape=(None, None)) -> str:
  """Exports a module from int64 ids `name` to "default" [N, length, 4]."""

  def module_fn() -> None:
    ids = tf.placeholder(tf.int64, shape)
    table = tf.get_variable("table", [_BUCKETS, WIDTH])
    hub.add_signature(
      inputs={name: ids}, outputs=tf.nn.embedding_lookup(table, ids)
    )

  return testing.export_module(path, module_fn)


def sparse_module(path: str) -> str:
  """Exports a module whose inputs are SparseTensors; returns `path`.

  Signatures "words" (strings) and "ids" (int64) give the mean [N, 4] of the
  entries' vectors; "numbers" (float32 [N, 5]) a product [N, 4], and the input.
  """

  def module_fn() -> None:
    table = tf.get_variable("table", [_BUCKETS, WIDTH])
    kernel = tf.get_variable("kernel", [5, WIDTH])
    words = tf.sparse_placeholder(tf.string, [None, None])
    buckets = tf.SparseTensor(
      words.indices,
      tf.strings.to_hash_bucket_fast(words.values, _BUCKETS),
      words.dense_shape,
    )
    ids = tf.sparse_placeholder(tf.int64, [None, None])
    numbers = tf.sparse_placeholder(tf.float32, [None, 5])
    for name, sparse in (("words", buckets), ("ids", ids)):
      mean = tf.nn.safe_embedding_lookup_sparse(table, sparse, combiner="mean")
      mean.set_shape([None, WIDTH])
      hub.add_signature(
        name,
        inputs={name: words if name == "words" else ids},
        outputs=mean,
      )
    hub.add_signature(
      "numbers",
      inputs={"numbers": numbers},
      outputs={
        "default": tf.sparse.sparse_dense_matmul(numbers, kernel),
        "same": numbers,
      },
    )

  return testing.export_module(path, module_fn)


def apply(path: str, signature: str, **inputs) -> dict[str, np.ndarray]:
  """Returns a signature's dense outputs, computed with plain `hub.Module`.

  Args:
    path: of the module.
    signature: its name.
    **inputs: arrays; or lists of lists, which become SparseTensors.
  """
  with tf.Graph().as_default(), tf.Session() as session:
    fed = {
      name: _sparse(value) if isinstance(value, list) else tf.constant(value)
      for name, value in inputs.items()
    }
    outputs = hub.Module(path)(fed, signature=signature, as_dict=True)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    dense = {k: v for k, v in outputs.items() if isinstance(v, tf.Tensor)}
    return session.run(dense)


def _sparse(rows):
  indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
  values = np.array([value for row in rows for value in row])
  if values.dtype == np.float64:
    values = values.astype(np.float32)
  return tf.SparseTensor(
    np.array(indices, np.int64).reshape(-1, 2),
    tf.constant(values),
    [len(rows), max(map(len, rows))],
  )


def _embed(tokens: tf.Tensor) -> tf.Tensor:
  table = tf.get_variable("table", [_BUCKETS, WIDTH])
  return tf.nn.embedding_lookup(
    table, tf.strings.to_hash_bucket_fast(tokens, _BUCKETS)
  )
