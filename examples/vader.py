"""Sentences with human ratings, as rows, a csv file and TFRecords.

The data is Hutto and Gilbert 2014 (MIT), from the PyPI package vaderSentiment. It is
part of configs/inputs/movie_sentences.gin, runs/columns.gin and runs/tfrecord.gin.
"""

import csv
import pathlib
import random
import tarfile
from collections.abc import Mapping
from typing import IO

import gin
from hub_estimator.examples import registry

_PACKAGE = "vaderSentiment==3.3.2"
_FILES = {
  "movie": "movieReviewSnippets_GroundTruth.txt",
  "amazon": "amazonReviewSnippets_GroundTruth.txt",
  "nyt": "nytEditorialSnippets_GroundTruth.txt",
  "tweet": "tweets_GroundTruth.txt",
}
_SHARDS = 4


def read_rows(kind: str) -> list[tuple[str, float]]:
  """Returns (sentence, mean rating from -4 to 4, but not 0) of one kind.

  Args:
    kind: "movie", "amazon", "nyt" or "tweet".
  """
  with tarfile.open(registry.download(_PACKAGE, source=True)) as package:
    with tarfile.open(
      fileobj=_open_member(package, "hutto_ICWSM_2014.tar.gz")
    ) as data:
      text = _open_member(data, _FILES[kind]).read().decode("latin-1")
  rows = []
  for line in text.splitlines():
    _, score, sentence = line.split("\t", 2)
    if float(score) != 0:
      rows.append((sentence.strip(), float(score)))
  return rows


def _open_member(archive: tarfile.TarFile, ending: str) -> IO[bytes]:
  name = next(n for n in archive.getnames() if n.endswith(ending))
  member = archive.extractfile(name)
  assert member is not None, f"{name} isn't a file"
  return member


@gin.register("sentences_csv", module="examples")
def sentences_csv(*, split: str) -> str:
  """Returns a csv file of kind, length in characters, sentence, label 0 or 1.

  Args:
    split: "train", or "eval", which has every fifth sentence of each kind.
  """

  def make(path: pathlib.Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
      writer = csv.DictWriter(file, ["kind", "length", "sentence", "label"])
      writer.writeheader()
      writer.writerows(_rows_of_all_kinds(split))

  return str(registry.made_once(f"sentences_{split}.csv", make))


@gin.register("sentences_tfrecord", module="examples")
def sentences_tfrecord(*, split: str) -> str:
  """Returns a pattern of GZIP shards that hold the csv file's columns.

  Args:
    split: as for `sentences_csv`.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.tensorflow_runtime import tf

    path.mkdir()
    rows = _rows_of_all_kinds(split)
    for shard in range(_SHARDS):
      name = f"{split}-{shard:05}-of-{_SHARDS:05}.tfrecord.gz"
      with tf.io.TFRecordWriter(str(path / name), "GZIP") as writer:
        for row in rows[shard::_SHARDS]:
          writer.write(_serialize(row))

  folder = registry.made_once(f"sentences_{split}_tfrecord", make)
  return str(folder / f"{split}-*.tfrecord.gz")


def _serialize(row: Mapping[str, str | int]) -> bytes:
  """Returns a serialized tf.train.Example of a row."""
  from hub_estimator.tensorflow_runtime import tf

  features = {
    name: tf.train.Feature(
      bytes_list=tf.train.BytesList(value=[value.encode()])
    )
    if isinstance(value, str)
    else tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    for name, value in row.items()
  }
  example = tf.train.Example(features=tf.train.Features(feature=features))
  return example.SerializeToString()


def _rows_of_all_kinds(split: str) -> list[dict[str, str | int]]:
  rows: list[dict[str, str | int]] = []
  for kind in _FILES:
    of_kind = read_rows(kind)
    random.Random(1).shuffle(of_kind)
    rows += [
      {
        "kind": kind,
        "length": len(text),
        "sentence": text,
        "label": int(score > 0),
      }
      for i, (text, score) in enumerate(of_kind)
      if (i % 5 == 0) == (split == "eval")
    ]
  random.Random(1).shuffle(rows)
  return rows
