"""The graph of a text embedding.

Its signature "default" lowercases sentences, replaces punctuation by spaces, splits
at white space, looks up the words, and combines their vectors. "tokens" looks up
single words as they are, and returns their vectors and ids.
"""

import dataclasses

from hub_estimator.errors import UserError, nearest
from hub_estimator.handles import sha256
from hub_estimator.publishing.vectors import Vectors
from hub_estimator.tensorflow_runtime import hub, hub_internals, tf

COMBINERS = ("sum", "mean", "sqrtn")
VARIABLE = "embeddings"


@dataclasses.dataclass(frozen=True)
class Embedding:
  """The options of a text embedding.

  Attributes:
    combiner: one of `COMBINERS`, for the vectors of a sentence's words.
    oov_buckets: how many vectors unknown words share; at least 1.
    lowercase: whether to lowercase sentences.
    l2: weight of a regularization loss; 0 adds none.
  """

  combiner: str
  oov_buckets: int
  lowercase: bool
  l2: float

  def __post_init__(self) -> None:
    if self.combiner not in COMBINERS:
      raise UserError(
        f"combiner {self.combiner!r}: {nearest(self.combiner, COMBINERS)}"
      )
    if self.oov_buckets < 1:
      raise UserError(
        f"oov_buckets is {self.oov_buckets}; it must be at least 1."
      )
    if self.l2 < 0:
      raise UserError(f"l2 is {self.l2}; it must be at least 0.")


def make_spec(vectors: Vectors, embedding: Embedding) -> hub.ModuleSpec:
  """Returns the graph of a module for word vectors.

  Args:
    vectors: the words, and the shape of their vectors.
    embedding: the options.
  """

  def module_fn() -> None:
    table = tf.lookup.StaticVocabularyTable(
      tf.lookup.TextFileInitializer(
        str(vectors.words),
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
      ),
      embedding.oov_buckets,
    )
    embeddings = tf.get_variable(
      VARIABLE,
      [vectors.rows + embedding.oov_buckets, vectors.width],
      initializer=tf.zeros_initializer(),
    )
    if embedding.l2:
      tf.add_to_collection(
        tf.GraphKeys.REGULARIZATION_LOSSES,
        embedding.l2 * tf.nn.l2_loss(embeddings),
      )
    _add_default(table, embeddings, embedding)
    _add_tokens(table, embeddings)

  spec = hub.create_module_spec(module_fn)
  _name_tables(spec, vectors)
  return spec


def _add_default(
  table: tf.lookup.StaticVocabularyTable,
  embeddings: tf.Variable,
  embedding: Embedding,
) -> None:
  """Adds the signature for sentences."""
  sentences = tf.placeholder(tf.string, [None], name="sentences")
  tokens = tf.sparse.fill_empty_rows(
    _tokenize(sentences, embedding.lowercase), ""
  )[0]
  ids = tf.SparseTensor(
    tokens.indices, table.lookup(tokens.values), tokens.dense_shape
  )
  hub.add_signature(
    inputs=sentences,
    outputs=tf.nn.embedding_lookup_sparse(
      embeddings, ids, None, combiner=embedding.combiner
    ),
  )


def _add_tokens(
  table: tf.lookup.StaticVocabularyTable, embeddings: tf.Variable
) -> None:
  """Adds the signature for single words."""
  single = tf.placeholder(tf.string, [None], name="tokens")
  ids = table.lookup(single)
  hub.add_signature(
    "tokens",
    inputs={"tokens": single},
    outputs={"default": tf.nn.embedding_lookup(embeddings, ids), "ids": ids},
  )


def _tokenize(sentences: tf.Tensor, lowercase: bool) -> tf.SparseTensor:
  if lowercase:
    sentences = tf.strings.lower(sentences, encoding="utf-8")
  spaced = tf.strings.regex_replace(sentences, r"[[:punct:]]", " ")
  return tf.compat.v2.strings.split(spaced).to_sparse()


def _name_tables(spec: hub.ModuleSpec, vectors: Vectors) -> None:
  """Names tables by the content of their file; the default is its path today."""
  with vectors.words.open("rb") as file:
    name = f"vocabulary_{sha256(file)}".encode()
  for graph in hub_internals.meta_graphs(spec):
    for node in graph.graph_def.node:
      if node.op == "HashTableV2":
        node.attr["shared_name"].s = name
