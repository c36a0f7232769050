"""Turkish sentences with a part of speech for each word, and a module to learn them.

They are parts of configs/runs/words.gin. The sentences are the Turkish treebanks of
Google (Apache License 2.0), from the PyPI package turkish-treebanks.
"""

import dataclasses
import pathlib
import random
import zipfile
from collections.abc import Iterator

import gin
import numpy as np
from hub_estimator.examples import registry

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import hub, tf

_PACKAGE = "turkish-treebanks==1.0.0"
_FILES = ("data/web.conllu", "data/wiki.conllu")
SPLITS = ("train", "eval")
TAGS = ("part_of_speech", "names")
# Of the columns of CoNLL-U.
_ID, _FORM, _UPOS, _XPOS = 0, 1, 3, 4


@gin.register("turkish_words", module="examples")
@dataclasses.dataclass(frozen=True)
class TurkishWords:
  """Sentences as lists of words, and a tag for each word.

  There are 4,851 sentences, shuffled with a fixed seed. The last fifth is "eval".

  Attributes:
    split: "train" or "eval".
    tags: "part_of_speech", or "names": "B-NAME" and "I-NAME" for words of proper names,
      and "O" for others.
  """

  split: str
  tags: str = "part_of_speech"

  def read(self) -> inputs.Examples:
    """Returns the split's examples: feature "words", labels as lists.

    Raises:
      UserError: there is no such split or tags, or the package can't be downloaded.
    """
    for name, value, known in (
      ("split", self.split, SPLITS),
      ("tags", self.tags, TAGS),
    ):
      if value not in known:
        raise UserError(
          f"examples.turkish_words.{name} is {value!r}; it must be one of: "
          f"{', '.join(known)}."
        )
    sentences = list(_sentences(registry.download(_PACKAGE)))
    random.Random(1).shuffle(sentences)
    cut = len(sentences) * 4 // 5
    chosen = sentences[:cut] if self.split == "train" else sentences[cut:]
    source = f"examples.turkish_words {self.split!r}"
    words = [[word[_FORM] for word in sentence] for sentence in chosen]
    labels = np.empty(len(chosen), dtype=object)
    labels[:] = [
      tuple(tag.encode() for tag in self._tags(sentence)) for sentence in chosen
    ]
    return inputs.Examples(
      features={"words": inputs.feature("words", words, source)},
      labels=labels,
      source=source,
    )

  def _tags(self, sentence: list[list[str]]) -> list[str]:
    if self.tags == "part_of_speech":
      return [word[_UPOS] for word in sentence]
    are_names = [word[_XPOS] == "NNP" for word in sentence]
    return [
      f"{'I' if before else 'B'}-NAME" if is_name else "O"
      for is_name, before in zip(
        are_names, [False, *are_names[:-1]], strict=True
      )
    ]


@gin.register("hashed_ngrams", module="examples")
def hashed_ngrams(*, buckets: int = 30000, width: int = 64) -> None:
  """Adds a signature of a vector for each word, of its letters and its neighbours.

  It is a module_fn. The vector of a word is the mean of the vectors of its first and
  last one to five letters, in hashed buckets, and of the word itself; a convolution
  over three words adds the neighbours.

  Args:
    buckets: rows of the embedding.
    width: width of the output.
  """
  words = tf.placeholder(tf.string, [None, None])
  embeddings = tf.get_variable(
    "embeddings",
    [buckets, width],
    initializer=tf.random_normal_initializer(stddev=0.1),
  )
  parts = [
    kind + part
    for length in range(1, 6)
    for kind, part in (
      (f"{length}^", tf.strings.substr(words, 0, length, unit="UTF8_CHAR")),
      (f"{length}$", _last_letters(words, length)),
    )
  ]
  ids = tf.strings.to_hash_bucket_fast(
    tf.stack([*parts, "=" + words], axis=-1), buckets
  )
  letters = tf.reduce_mean(tf.nn.embedding_lookup(embeddings, ids), axis=2)
  given = tf.cast(tf.not_equal(words, ""), tf.float32)[:, :, tf.newaxis]
  kernel = tf.get_variable(
    "kernel", [3, width, width], initializer=tf.glorot_uniform_initializer()
  )
  bias = tf.get_variable("bias", [width], initializer=tf.zeros_initializer())
  around = tf.nn.conv1d(letters * given, kernel, stride=1, padding="SAME")
  hub.add_signature(
    inputs={"words": words},
    outputs=letters + tf.nn.relu(around + bias),
  )


def _last_letters(words: tf.Tensor, length: int) -> tf.Tensor:
  first = tf.maximum(tf.strings.length(words, unit="UTF8_CHAR") - length, 0)
  lengths = tf.fill(tf.shape(words), length)
  return tf.strings.substr(words, first, lengths, unit="UTF8_CHAR")


def _sentences(package: pathlib.Path) -> Iterator[list[list[str]]]:
  """Yields sentences: of each word, its columns."""
  with zipfile.ZipFile(package) as wheel:
    for name in _FILES:
      text = wheel.read(name).decode("utf-8")
      for block in text.split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines()]
        words = [row for row in rows if len(row) == 10 and row[_ID].isdigit()]
        if words:
          yield words
