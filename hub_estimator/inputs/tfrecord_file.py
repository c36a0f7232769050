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
from hub_estimator.inputs import label_lists, names, paths
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
# The lists of a tf.train.Feature, by dtype.
_KINDS = {
  "bytes_list": "string",
  "int64_list": "int64",
  "float_list": "float32",
}


@gin.register("tfrecord", module="inputs")
@dataclasses.dataclass(frozen=True)
class TFRecord:
  """Serialized tf.Examples in one file or several.

  Attributes:
    path: a file, or a glob such as "data/train-*.tfrecord.gz"; shards are read in
      the order of their names.
    features: {"name": ("string", "int64" or "float32", shape of one example)},
      the label or labels among them. Those that vary in length have None as the
      first dimension of their shape: ("string", [None]). Features are padded as in
      `inputs.jsonl`; labels are class names or class ids for `heads.multi_label`.
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
    shape = self.features[name][1]
    if not _varies(shape):
      return np.concatenate(parts)
    lengths = np.concatenate(
      [np.bincount(p.indices[:, 0], minlength=p.dense_shape[0]) for p in parts]
    )
    values = np.concatenate([p.values for p in parts])
    if name in names.label_columns(self.label):
      rows = np.split(values, np.cumsum(lengths)[:-1])
      return label_lists.lists([row.tolist() for row in rows])
    inner = [size or 1 for size in shape[1:]]
    width = math.prod(inner)
    if not lengths.any():
      raise UserError(f"{self.path}: no record has values of {name!r}.")
    if (lengths % width).any():
      raise UserError(
        f"{self.path}: example {np.flatnonzero(lengths % width)[0]} holds a "
        f"number of values of {name!r} that isn't a multiple of {width}."
      )
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
            yield from self._parse_each(parse, records, path, bad)

  def _parse_each(
    self,
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
        problem = self._problem(record) or one_line(error.message)
        bad.add(f"{path}, record {number}: {problem}.")

  def _problem(self, record: bytes) -> str | None:
    """Returns which feature a record lacks, or holds as another type or shape."""
    try:
      held = tf.train.Example.FromString(record).features.feature
    except (
      Exception
    ):  # protobuf's DecodeError, of a package that may be absent.
      return "not a tf.Example"
    for name, (dtype, shape) in self.features.items():
      kind = held[name].WhichOneof("kind") if name in held else None
      if kind is None:
        if _varies(shape):
          continue
        return f"no feature {name!r}; it has: {', '.join(sorted(held))}"
      count = len(getattr(held[name], kind).value)
      wanted = None if _varies(shape) else math.prod(n or 1 for n in shape)
      if _KINDS[kind] != dtype or wanted not in (None, count):
        return (
          f"{name!r} is {count} values of {_KINDS[kind]}, and {dtype} "
          f"{list(shape)} is wanted"
        )
    return None

  def _records(self, path: str, bad: BadRecords) -> Iterator[_Record]:
    compression = self.compression
    if compression is None:
      compression = "GZIP" if path.endswith(".gz") else ""
    if compression == "GZIP" and not _is_gzip(path):
      raise UserError(
        f"{path} isn't gzip; tfrecord.compression = \"\" reads a file that isn't "
        "compressed."
      )
    number = 0
    try:
      for record in tf.io.tf_record_iterator(
        path, tf.io.TFRecordOptions(compression)
      ):
        yield number, record
        number += 1
    except tf.errors.OpError as error:
      bad.add(f"{path}, record {number}: {one_line(error.message)}.")


def _is_gzip(path: str) -> bool:
  with tf.io.gfile.GFile(path, "rb") as file:
    return bool(file.read(2) == b"\x1f\x8b")


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
