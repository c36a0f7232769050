"""TFRecords of tf.Examples."""

import dataclasses
import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator import progress, stores
from hub_estimator.errors import UserError
from hub_estimator.inputs import (
  encoded_pictures,
  label_lists,
  names,
  shards,
  stored,
  tf_examples,
  tfrecord_shards,
)
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.columns import Chained
from hub_estimator.inputs.interface import Column, Examples, Label
from hub_estimator.inputs.sequences import Ragged, lengths_of, values_of
from hub_estimator.inputs.tf_examples import Feature

_log = logging.getLogger(__name__)
_BATCH = 1024
# Records of each file that say which features it has.
_INFERRED = 100


@gin.register("tfrecord", module="inputs")
@dataclasses.dataclass(frozen=True)
class TFRecord:
  """Serialized tf.Examples in one file or several.

  Attributes:
    path: a file, a glob such as "data/train-*.tfrecord.gz", or a list of them; the
      shards of a glob are read in the order of their names.
    features: {"name": (dtype, shape of one example)}, the label or labels among them.
      A dtype is "string", "int64" or "float32", as a tf.Example holds them, or
      "raw:uint8" and so on for numbers in one string, as `tf.io.decode_raw` reads them.
      Features that vary in length have None as the first dimension of their shape:
      ("string", [None]). They are padded as in `inputs.jsonl`; labels that vary are
      class names or class ids for `heads.multi_label`. None infers all features from
      the first records of each shard, and logs them.
    label: the feature of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels.
    compression: "", "GZIP" or "ZLIB"; None decides by the name: GZIP for .gz.
    bad_records: "raise", or "skip", which leaves out bad records and counts them
      in the result: records that aren't tf.Examples with these features, or hold a
      picture that can't be decoded. If the file itself is damaged, the rest of it
      counts as one bad record.
    defaults: values in place of absent features, by name.
  """

  path: str | Sequence[str]
  features: Mapping[str, tuple[str, Sequence[int | None]]] | None = None
  label: Label = "label"
  compression: str | None = None
  bad_records: str = "raise"
  defaults: Mapping[str, str | int | float] | None = None

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "tfrecord.bad_records")
    names.check_names("tfrecord", label=self.label)
    names.check_defaults("tfrecord", self.defaults)
    if self.features is not None:
      tf_examples.check(self.features)
    compressions = tfrecord_shards.COMPRESSIONS
    if self.compression is not None and self.compression not in compressions:
      raise UserError(
        f"tfrecord.compression is {self.compression!r}; it is one of "
        f"{', '.join(map(repr, compressions))}, or None."
      )

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: no file matches, or a bad record isn't skipped; with file and
        number.
    """
    files = shards.find(self.path, "inputs.tfrecord")
    source = shards.describe(files)
    if stored.are_large(files):
      store = stored.read(
        files, self, lambda writer: self._write(files, writer)
      )
      return stored.examples(store, label=self.label, source=source)
    features, bad = self._features(files), BadRecords(self.bad_records)
    blocks = list(self._blocks(files, features, bad))
    if not blocks:
      raise UserError(f"{source} has no examples.")
    return names.split_label(
      {name: self._join(name, blocks) for name in features},
      label=self.label,
      features=None,
      source=source,
      skipped=bad.skipped,
    )

  def features_of(
    self, path: str
  ) -> dict[str, tuple[str, Sequence[int | None]]]:
    """Returns the dtypes and shapes of features, as a file's first records have them.

    Args:
      path: of a file like this input's.

    Raises:
      UserError: there are no records, or a feature is of two types.
    """
    inferring = dataclasses.replace(self, features=None)
    found = inferring._features(shards.find(path, "inputs.tfrecord"))
    return {name: (f.dtype, list(f.shape)) for name, f in found.items()}

  def _write(
    self, files: Sequence[str], writer: stores.StoreWriter
  ) -> dict[str, Any]:
    """Writes all columns, and returns what else is known of the files."""
    features, bad = self._features(files), BadRecords(self.bad_records)
    names.check_columns(files[0], features, names.label_columns(self.label))
    writing = stored.BlockWriter(writer, self.label)
    rows = 0
    for block in self._blocks(files, features, bad):
      rows += len(next(iter(block.values())))
      writing.append(block)
    if not rows:
      raise UserError(f"{files[0]} has no examples.")
    return writing.close(skipped=bad.skipped)

  def _features(self, files: Sequence[str]) -> dict[str, Feature]:
    """Returns how features are read; those that aren't given, as the files have them.

    Raises:
      UserError: files differ in their features, or hold no examples.
    """
    if self.features is not None:
      return tf_examples.check(self.features)
    first: list[bytes] = []
    for path in files:
      records = tfrecord_shards.read(path, self.compression, BadRecords())
      first += [r for _, r in itertools.islice(records, _INFERRED)]
    try:
      found = tf_examples.infer(first)
    except UserError as error:
      raise UserError(f"{files[0]}: {error}; set tfrecord.features.") from error
    if not found:
      raise UserError(f"{files[0]} has no examples.")
    described = {n: (f.dtype, list(f.shape)) for n, f in found.items()}
    _log.info("%s: inputs.tfrecord.features = %s", files[0], described)
    return found

  def _blocks(
    self,
    files: Sequence[str],
    features: Mapping[str, Feature],
    bad: BadRecords,
  ) -> Iterator[dict[str, Column]]:
    """Yields the records of all files, parsed many at a time."""
    empty = {name for name, feature in features.items() if feature.varies}
    empty.difference_update(names.label_columns(self.label))
    with tf_examples.Parser(features, self.defaults or {}) as parser:
      for done, path in enumerate(files):
        records = tfrecord_shards.read(path, self.compression, bad)
        for batch in tfrecord_shards.in_batches(records, _BATCH):
          block = self._parse(batch, parser, features, path, bad)
          if block:
            empty -= {n for n in empty if lengths_of(block[n]).any()}
            yield {n: self._label_lists(n, c) for n, c in block.items()}
        if files[1:]:
          progress.report(
            "reading TFRecords", done + 1, len(files), unit="files"
          )
    if empty:
      raise UserError(f"{files[0]}: no record has values of {min(empty)!r}.")

  def _parse(
    self,
    batch: Sequence[tfrecord_shards.Record],
    parser: tf_examples.Parser,
    features: Mapping[str, Feature],
    path: str,
    bad: BadRecords,
  ) -> dict[str, Column]:
    """Returns the columns of good records; none if all are bad."""
    good = batch
    block = parser.parse([record for _, record in good])
    if block is None:
      good = self._good(batch, features, path, bad)
      block = parser.parse([record for _, record in good]) if good else {}
    if block is None:
      raise UserError(f"{path}: records {batch[0][0]} and on can't be read.")
    damaged = encoded_pictures.find_damaged(block) if bad.are_skipped else {}
    for row, problem in damaged.items():
      bad.add(f"{path}, record {good[row][0]}: {problem}.")
    whole = [r for row, (_, r) in enumerate(good) if row not in damaged]
    if damaged:
      block = parser.parse(whole) if whole else {}
    return block or {}

  def _good(
    self,
    records: Sequence[tfrecord_shards.Record],
    features: Mapping[str, Feature],
    path: str,
    bad: BadRecords,
  ) -> list[tfrecord_shards.Record]:
    """Returns the records that can be parsed."""
    good = []
    for number, record in records:
      problem = tf_examples.find_problem(record, features, self.defaults or {})
      if problem is None:
        good.append((number, record))
      else:
        bad.add(f"{path}, record {number}: {problem}.")
    return good

  def _label_lists(self, name: str, column: Column) -> Column:
    """Returns a column; labels that vary in number as lists of them."""
    if not isinstance(column, Ragged) or name not in names.label_columns(
      self.label
    ):
      return column
    values = np.asarray(column.values)
    rows = np.split(values, np.cumsum(column.lengths)[:-1])
    return label_lists.lists([row.tolist() for row in rows])

  def _join(self, name: str, blocks: Sequence[Mapping[str, Column]]) -> Column:
    parts = [block[name] for block in blocks]
    if not isinstance(parts[0], Ragged):
      return np.concatenate([np.asarray(part) for part in parts])
    values = [values_of(part, slice(None)) for part in parts]
    return Ragged(np.concatenate(values), Chained(parts).lengths)
