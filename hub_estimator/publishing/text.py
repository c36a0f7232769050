"""Word vectors -> a text-embedding module: string [N] -> float32 [N, width]."""

import os
import pathlib
import shutil
import tempfile
from collections.abc import Sequence

import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.tensorflow_runtime import hub, tf

COMBINERS = ("sum", "mean", "sqrtn")
_CHUNK_ROWS = 65536


def publish(
  path: str,
  *,
  words: Sequence[str],
  vectors: np.ndarray,
  combiner: str = "sqrtn",
  oov_buckets: int = 1,
  lowercase: bool = True,
) -> str:
  """Writes a module with the signatures "default" and "tokens".

  "default" takes sentences. Each is lowercased, its punctuation replaced by
  spaces, split at white space, looked up, and its words' vectors combined.
  "tokens" takes single words as they are and also returns their ids. A word
  out of the vocabulary falls into one of `oov_buckets`, whose vectors start at
  the mean of all and are fine-tuned like the others.

  Vectors go into the checkpoint in chunks of rows, never into the graph.

  Args:
    path: a directory that doesn't exist yet.
    words: one for each row of `vectors`, all different.
    vectors: [words, width]; may be a `np.memmap`.
    combiner: "sum", "mean", or "sqrtn", the sum over the root of the count.
    oov_buckets: at least 1.
    lowercase: whether sentences are lowercased first.

  Returns:
    `path`.

  Raises:
    UserError: `path` exists, or words and vectors don't fit together.
  """
  _check(path, words, vectors, combiner, oov_buckets)
  rows, width = vectors.shape

  with tempfile.TemporaryDirectory() as scratch:
    vocabulary = os.path.join(scratch, "tokens.txt")
    with open(vocabulary, "w", encoding="utf-8", newline="\n") as file:
      file.writelines(f"{word}\n" for word in words)

    def module_fn():
      table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
          vocabulary,
          tf.string,
          tf.lookup.TextFileIndex.WHOLE_LINE,
          tf.int64,
          tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        oov_buckets,
      )
      embeddings = tf.get_variable(
        "embeddings",
        [rows + oov_buckets, width],
        initializer=tf.zeros_initializer(),
      )
      sentences = tf.placeholder(tf.string, [None], name="sentences")
      tokens = tf.sparse.fill_empty_rows(_tokenize(sentences, lowercase), "")[0]
      ids = tf.SparseTensor(
        tokens.indices, table.lookup(tokens.values), tokens.dense_shape
      )
      hub.add_signature(
        inputs=sentences,
        outputs=tf.nn.embedding_lookup_sparse(
          embeddings, ids, None, combiner=combiner
        ),
      )
      single = tf.placeholder(tf.string, [None], name="tokens")
      single_ids = table.lookup(single)
      hub.add_signature(
        "tokens",
        inputs={"tokens": single},
        outputs={
          "default": tf.nn.embedding_lookup(embeddings, single_ids),
          "ids": single_ids,
        },
      )

    spec = hub.create_module_spec(module_fn)
    partial = f"{path}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    with tf.Graph().as_default():
      module = hub.Module(spec)
      variable = module.variable_map["embeddings"]
      start = tf.placeholder(tf.int64, [])
      chunk = tf.placeholder(tf.float32, [None, width])
      fill = tf.raw_ops.ResourceScatterUpdate(
        resource=variable.handle,
        indices=start + tf.range(tf.shape(chunk, out_type=tf.int64)[0]),
        updates=chunk,
      )
      with tf.Session() as session:
        session.run(variable.initializer)
        total = np.zeros(width)
        for first in range(0, rows, _CHUNK_ROWS):
          values = np.asarray(vectors[first : first + _CHUNK_ROWS], np.float32)
          total += values.sum(axis=0, dtype=np.float64)
          session.run(fill, {start: first, chunk: values})
        mean = np.tile((total / rows).astype(np.float32), (oov_buckets, 1))
        session.run(fill, {start: rows, chunk: mean})
        module.export(partial, session)
    os.rename(partial, path)
  return path


def _tokenize(sentences, lowercase: bool) -> tf.SparseTensor:
  if lowercase:
    sentences = tf.strings.lower(sentences, encoding="utf-8")
  spaced = tf.strings.regex_replace(sentences, r"[[:punct:]]", " ")
  return tf.compat.v2.strings.split(spaced).to_sparse()


def _check(path, words, vectors, combiner, oov_buckets) -> None:
  if pathlib.Path(path).exists():
    raise UserError(f"{path!r} exists; choose a new directory for the module.")
  if combiner not in COMBINERS:
    raise UserError(f"combiner {combiner!r}: {nearest(combiner, COMBINERS)}")
  if oov_buckets < 1:
    raise UserError(f"oov_buckets is {oov_buckets}; it is at least 1.")
  if vectors.ndim != 2 or len(words) != vectors.shape[0] or not len(words):
    raise UserError(
      f"{len(words)} words and vectors of shape {list(vectors.shape)}: each word "
      "has one row."
    )
  seen = set()
  for row, word in enumerate(words):
    if not word or "\n" in word or "\r" in word:
      raise UserError(f"Word {row} is {word!r}: empty, or with a line break.")
    if word in seen:
      raise UserError(f"Word {row}, {word!r}, stands there before.")
    seen.add(word)
