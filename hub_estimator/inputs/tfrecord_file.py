"""TFRecords of tf.Examples."""

import dataclasses
import glob
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.inputs import names, paths
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.interface import Batch, Examples, Label
from hub_estimator.tensorflow_runtime import tf

_DTYPES = ("string", "int64", "float32")
_COMPRESSIONS = ("", "GZIP", "ZLIB")
_BATCH = 1024

# A record's number in its file, and its bytes.
_Record = tuple[int, bytes]


@gin.register("tfrecord", module="inputs")
@dataclasses.dataclass(frozen=True)
class TFRecord:
  """Serialized tf.Examples in one file or several.

  Attributes:
    path: a file, or a glob such as "data/train-*.tfrecord.gz"; shards are read in
      the order of their names.
    features: {"name": ("string", "int64" or "float32", shape of one example)},
      the label or labels among them.
    label: the feature of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels.
    compression: "", "GZIP" or "ZLIB"; None decides by the name: GZIP for .gz.
    bad_records: "raise", or "skip", which leaves out bad records and counts them
      in the result: records that aren't tf.Examples with these features. If the
      file itself is damaged, the rest of it counts as one bad record.
  """

  path: str
  features: Mapping[str, tuple[str, Sequence[int]]]
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
    for name, (dtype, _) in self.features.items():
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
      {
        name: np.concatenate([batch[name] for batch in batches])
        for name in self.features
      },
      label=self.label,
      features=None,
      source=self.path,
      skipped=bad.skipped,
    )

  def _batches(self, files: Sequence[str], bad: BadRecords) -> Iterator[Batch]:
    """Yields the records of all files, parsed many at a time."""
    with tf.Graph().as_default(), tf.Session() as session:
      serialized = tf.placeholder(tf.string, [None])
      parsed = tf.io.parse_example(
        serialized,
        {
          name: tf.io.FixedLenFeature(tuple(shape), tf.as_dtype(dtype))
          for name, (dtype, shape) in self.features.items()
        },
      )

      def parse(records: Sequence[_Record]) -> Batch:
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


def _in_batches(records: Iterator[_Record]) -> Iterator[list[_Record]]:
  while batch := list(itertools.islice(records, _BATCH)):
    yield batch


def _parse_each(
  parse: Callable[[Sequence[_Record]], Batch],
  records: Sequence[_Record],
  path: str,
  bad: BadRecords,
) -> Iterator[Batch]:
  """Yields the records one by one, without those that can't be parsed."""
  for number, record in records:
    try:
      yield parse([(number, record)])
    except tf.errors.InvalidArgumentError as error:
      message = one_line(error.message).split(" [[")[0]
      bad.add(f"{path}, record {number}: {message}.")
