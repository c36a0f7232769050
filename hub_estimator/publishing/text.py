"""Word vectors -> a text-embedding module: string [N] -> float32 [N, width]."""

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.handles import sha256
from hub_estimator.publishing import vectors as word_vectors
from hub_estimator.publishing.staging import new_directory
from hub_estimator.publishing.vectors import Vectors
from hub_estimator.tensorflow_runtime import hub, hub_internals, tf

COMBINERS = ("sum", "mean", "sqrtn")
_VARIABLE = "embeddings"
_CHUNK_BYTES = 32 << 20


def publish(
  path: str, *, words: Sequence[str], vectors: np.ndarray, **options
) -> str:
  """Writes a module of words and vectors in memory; see `publish_file`.

  Args:
    path: a directory that doesn't exist yet.
    words: one for each row of `vectors`, all different.
    vectors: [words, width]; may be a `np.memmap`.
    **options: `combiner`, `oov_buckets`, `lowercase`, `l2` and `documentation` of
      `publish_file`.

  Returns:
    `path`.

  Raises:
    UserError: `path` exists, or words and vectors don't fit together.
  """
  return _publish(
    path,
    lambda scratch: word_vectors.from_arrays(words, vectors, scratch),
    **options,
  )


def publish_file(
  path: str,
  vectors: str,
  *,
  vocabulary: str | None = None,
  max_words: int | None = None,
  bad_rows: str = "raise",
  **options,
) -> str:
  """Writes a module of a file of vectors, with signatures "default" and "tokens".

  "default" takes sentences. Each is lowercased, its punctuation replaced by
  spaces, split at white space, looked up, and its words' vectors combined.
  "tokens" takes single words as they are and also returns their ids. A word
  out of the vocabulary falls into one of `oov_buckets`, whose vectors start at
  the mean of all and are fine-tuned like the others.

  Vectors go from the file into the module's checkpoint in chunks, never into a
  graph and never as a whole into memory.

  Args:
    path: a directory that doesn't exist yet.
    vectors: a file; see `vectors.from_file`, also for the next three.
    vocabulary: of .npy: a file of one word a line.
    max_words: how many are taken; None takes all.
    bad_rows: "raise" or "skip".
    **options:
      combiner: "sum", "mean", or "sqrtn", the sum over the root of the count
        (the default).
      oov_buckets: at least 1, the default.
      lowercase: whether sentences are lowercased first; the default.
      l2: weight of a regularization loss, half the sum of squares of all
        vectors; 0, the default, adds none.
      documentation: a file of Markdown that is attached.

  Returns:
    `path`.

  Raises:
    UserError: `path` exists, there is no such file, or a row is bad.
  """
  return _publish(
    path,
    lambda scratch: word_vectors.from_file(
      vectors,
      scratch,
      vocabulary=vocabulary,
      max_words=max_words,
      bad_rows=bad_rows,
    ),
    **options,
  )


def _publish(
  path: str,
  read: Callable,
  *,
  combiner: str = "sqrtn",
  oov_buckets: int = 1,
  lowercase: bool = True,
  l2: float = 0.0,
  documentation: str | None = None,
) -> str:
  if combiner not in COMBINERS:
    raise UserError(f"combiner {combiner!r}: {nearest(combiner, COMBINERS)}")
  if oov_buckets < 1:
    raise UserError(f"oov_buckets is {oov_buckets}; it is at least 1.")
  if l2 < 0:
    raise UserError(f"l2 is {l2}; it is at least 0.")
  with new_directory(path, documentation=documentation) as scratch:
    vectors = read(scratch)
    spec = _make_spec(vectors, combiner, oov_buckets, lowercase, l2)
    hub_internals.export_with(
      spec,
      str(scratch / "module"),
      lambda prefix: _write_checkpoint(
        prefix, vectors, oov_buckets, str(scratch / "chunks")
      ),
    )
  return path


def _make_spec(vectors: Vectors, combiner, oov_buckets, lowercase, l2):
  def module_fn():
    table = tf.lookup.StaticVocabularyTable(
      tf.lookup.TextFileInitializer(
        str(vectors.words),
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
      ),
      oov_buckets,
    )
    embeddings = tf.get_variable(
      _VARIABLE,
      [vectors.rows + oov_buckets, vectors.width],
      initializer=tf.zeros_initializer(),
    )
    if l2:
      tf.add_to_collection(
        tf.GraphKeys.REGULARIZATION_LOSSES, l2 * tf.nn.l2_loss(embeddings)
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
  # By default the name of a table is the path of its file, here and today.
  with vectors.words.open("rb") as file:
    name = f"vocabulary_{sha256(file)}".encode()
  for graph in hub_internals.meta_graphs(spec):
    for node in graph.graph_def.node:
      if node.op == "HashTableV2":
        node.attr["shared_name"].s = name
  return spec


def _write_checkpoint(
  prefix: str, vectors: Vectors, oov_buckets: int, scratch: str
) -> None:
  """Writes the one variable slice by slice, as a sharded saver does it."""
  total = vectors.rows + oov_buckets
  with tf.Graph().as_default(), tf.Session() as session:
    part, place = tf.placeholder(tf.string, []), tf.placeholder(tf.string, [])
    rows = tf.placeholder(tf.float32, [None, vectors.width])
    save = tf.raw_ops.SaveV2(
      prefix=part,
      tensor_names=[_VARIABLE],
      # "<shape of the whole> <first row>,<rows>:<all columns>".
      shape_and_slices=[
        tf.strings.join([f"{total} {vectors.width} ", place, ":-"])
      ],
      tensors=[rows],
    )
    parts = []
    first = 0
    for values in _with_oov_rows(vectors, oov_buckets):
      parts.append(os.path.join(scratch, f"part-{len(parts):05d}"))
      session.run(
        save,
        {part: parts[-1], place: f"{first},{len(values)}", rows: values},
      )
      first += len(values)
    session.run(
      tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts,
        destination_prefix=prefix,
        delete_old_dirs=True,
      )
    )


def _with_oov_rows(vectors: Vectors, oov_buckets: int) -> Iterator[np.ndarray]:
  """Yields the rows in chunks, and with the last as many times their mean."""
  total = np.zeros(vectors.width)
  last = None
  for values in vectors.read(max(1, _CHUNK_BYTES // (4 * vectors.width))):
    if last is not None:
      yield last
    total += values.sum(axis=0, dtype=np.float64)
    last = values
  mean = (total / vectors.rows).astype(np.float32)
  yield np.concatenate([last, np.tile(mean, (oov_buckets, 1))])


def _tokenize(sentences, lowercase: bool) -> tf.SparseTensor:
  if lowercase:
    sentences = tf.strings.lower(sentences, encoding="utf-8")
  spaced = tf.strings.regex_replace(sentences, r"[[:punct:]]", " ")
  return tf.compat.v2.strings.split(spaced).to_sparse()
