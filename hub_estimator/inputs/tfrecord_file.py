"""TFRecords of tf.Examples."""

import dataclasses
import glob
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.inputs import names, paths
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.interface import Column, Examples, Label
from hub_estimator.inputs.sequences import Ragged
from hub_estimator.tensorflow_runtime import tf

_DTYPES = ("string", "int64", "float32")
_COMPRESSIONS = ("", "GZIP", "ZLIB")
_BATCH = 1024

# A record's number in its file, and its bytes.
_Record = tuple[int, bytes]
# Arrays by name, or SparseTensorValues of features that vary in length.
_Parsed = dict[str, Any]


@gin.register("tfrecord", module="inputs")
@dataclasses.dataclass(frozen=True)
class TFRecord:
  """Serialized tf.Examples in one file or several.

  Attributes:
    path: a file, or a glob such as "data/train-*.tfrecord.gz"; shards are read in
      the order of their names.
    features: {"name": ("string", "int64" or "float32", shape of one example)},
      the label or labels among them. Features that vary in length have None as
      the first dimension of their shape: ("string", [None]); see `inputs.jsonl`.
    label: the feature of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels.
    compression: "", "GZIP" or "ZLIB"; None decides by the name: GZIP for .gz.
    bad_records: "raise", or "skip", which leaves out bad records and counts them
      in the result: records that aren't tf.Examples with these features. If the
      file itself is damaged, the rest of it counts as one bad record.
  """

  path: str
  features: Mapping[str, tuple[str, Sequence[int | None]]]
  label: Label = "label"
  compression: str | None = None
  bad_records: str = "raise"

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "tfrecord.bad_records")
    names.check_names("tfrecord", label=self.label)
    if not isinstance(self.features, Mapping) or not all(
      isinstance(kind, Sequence) and len(kind) == 2
      for kind in self.features.values()
    ):
      raise UserError(
        f"tfrecord.features is {self.features!r}; it is dtype and shape by name, "
        'such as {"x": ("float32", [4])}.'
      )
    for name, (dtype, shape) in self.features.items():
      if None in shape[1:]:
        raise UserError(
          f"tfrecord.features has the shape {list(shape)} for {name!r}; only the "
          "first dimension may vary."
        )
      if dtype not in _DTYPES:
        raise UserError(
          f"tfrecord.features has {dtype!r} for {name!r}: "
          + nearest(dtype, _DTYPES)
        )
    if self.compression is not None and self.compression not in _COMPRESSIONS:
      raise UserError(
        f"tfrecord.compression is {self.compression!r}; it is one of "
        f"{', '.join(map(repr, _COMPRESSIONS))}, or None."
      )

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: no file matches, or a bad record isn't skipped; with file and
        number.
    """
    pattern = paths.expand_path(self.path, "inputs.tfrecord.path")
    files = sorted(glob.glob(pattern))
    if not files:
      paths.existing_file(self.path, "inputs.tfrecord")
    bad = BadRecords(self.bad_records)
    batches = list(self._batches(files, bad))
    if not batches:
      raise UserError(f"{self.path} has no examples.")
    return names.split_label(
      {name: self._column(name, batches) for name in self.features},
      label=self.label,
      features=None,
      source=self.path,
      skipped=bad.skipped,
    )

  def _column(self, name: str, batches: Sequence[_Parsed]) -> Column:
    parts = [batch[name] for batch in batches]
    if not _varies(self.features[name][1]):
      return np.concatenate(parts)
    inner = [size or 1 for size in self.features[name][1][1:]]
    width = math.prod(inner)
    lengths = np.concatenate(
      [np.bincount(p.indices[:, 0], minlength=p.dense_shape[0]) for p in parts]
    )
    if not lengths.any():
      raise UserError(f"{self.path}: no record has values of {name!r}.")
    if (lengths % width).any():
      raise UserError(
        f"{self.path}: example {np.flatnonzero(lengths % width)[0]} holds a "
        f"number of values of {name!r} that isn't a multiple of {width}."
      )
    values = np.concatenate([p.values for p in parts])
    return Ragged(values.reshape(-1, *inner), lengths // width)

  def _batches(
    self, files: Sequence[str], bad: BadRecords
  ) -> Iterator[_Parsed]:
    """Yields the records of all files, parsed many at a time."""
    with tf.Graph().as_default(), tf.Session() as session:
      serialized = tf.placeholder(tf.string, [None])
      parsed = tf.io.parse_example(
        serialized,
        {
          name: _parser(dtype, shape)
          for name, (dtype, shape) in self.features.items()
        },
      )

      def parse(records: Sequence[_Record]) -> _Parsed:
        return session.run(parsed, {serialized: [r for _, r in records]})

      for path in files:
        for records in _in_batches(self._records(path, bad)):
          try:
            yield parse(records)
          except tf.errors.InvalidArgumentError:
            yield from _parse_each(parse, records, path, bad)

  def _records(self, path: str, bad: BadRecords) -> Iterator[_Record]:
    compression = self.compression
    if compression is None:
      compression = "GZIP" if path.endswith(".gz") else ""
    number = 0
    try:
      for record in tf.io.tf_record_iterator(
        path, tf.io.TFRecordOptions(compression)
      ):
        yield number, record
        number += 1
    except tf.errors.OpError as error:
      bad.add(f"{path}, record {number}: {one_line(error.message)}.")


def _varies(shape: Sequence[int | None]) -> bool:
  return len(shape) > 0 and shape[0] is None


def _parser(dtype: str, shape: Sequence[int | None]) -> Any:
  """Returns how `tf.io.parse_example` reads a feature."""
  if _varies(shape):
    return tf.io.VarLenFeature(tf.as_dtype(dtype))
  return tf.io.FixedLenFeature(tuple(shape), tf.as_dtype(dtype))


def _in_batches(records: Iterator[_Record]) -> Iterator[list[_Record]]:
  while batch := list(itertools.islice(records, _BATCH)):
    yield batch


def _parse_each(
  parse: Callable[[Sequence[_Record]], _Parsed],
  records: Sequence[_Record],
  path: str,
  bad: BadRecords,
) -> Iterator[_Parsed]:
  """Yields the records one by one, without those that can't be parsed."""
  for number, record in records:
    try:
      yield parse([(number, record)])
    except tf.errors.InvalidArgumentError as error:
      message = one_line(error.message).split(" [[")[0]
      bad.add(f"{path}, record {number}: {message}.")
