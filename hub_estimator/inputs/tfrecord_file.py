"""TFRecords of tf.Examples."""

import dataclasses
import glob
from collections.abc import Iterator, Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.inputs import bad_records, interface
from hub_estimator.tensorflow_runtime import tf

_DTYPES = ("string", "int64", "float32")
_COMPRESSIONS = ("", "GZIP", "ZLIB")
_BATCH = 1024


@gin.register("tfrecord", module="inputs")
@dataclasses.dataclass(frozen=True)
class TFRecord:
  """Serialized tf.Examples in one file or many.

  Attributes:
    path: of a file, or a glob such as "data/train-*.tfrecord.gz"; shards are
      read in the order of their names.
    features: {"name": ("string", "int64" or "float32", shape of one example)},
      the label or labels among them.
    label: the feature of labels, or a list of one for each head of
      `heads.multi`; None where there are none.
    compression: "", "GZIP" or "ZLIB"; None goes by the name: GZIP for .gz.
    bad_records: "raise", or "skip": leaves out, and counts in the result,
      records that aren't tf.Examples with these features. The rest of a file
      that is damaged below that is one bad record.
  """

  path: str
  features: Mapping[str, tuple[str, Sequence[int]]]
  label: interface.Label = "label"
  compression: str | None = None
  bad_records: str = "raise"

  def __post_init__(self):
    bad_records.check_choice(self.bad_records, "tfrecord.bad_records")
    interface.check_names("tfrecord", label=self.label)
    if not isinstance(self.features, Mapping) or not all(
      isinstance(told, Sequence) and len(told) == 2
      for told in self.features.values()
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

  def read(self) -> interface.Examples:
    """Returns all examples.

    Raises:
      UserError: no file matches, or a record is bad; with file and number.
    """
    pattern = interface.expand_path(self.path, "inputs.tfrecord.path")
    paths = sorted(glob.glob(pattern))
    if not paths:
      interface.open_path(self.path, "inputs.tfrecord")
    bad = bad_records.BadRecords(self.bad_records)
    batches = list(self._batches(paths, bad))
    if not batches:
      raise UserError(f"{self.path} has no examples.")
    columns = {
      name: np.concatenate([batch[name] for batch in batches])
      for name in self.features
    }
    return interface.split_label(
      columns,
      label=self.label,
      features=None,
      source=self.path,
      skipped=bad.skipped,
    )

  def _batches(self, paths, bad) -> Iterator[dict[str, np.ndarray]]:
    with tf.Graph().as_default(), tf.Session() as session:
      serialized = tf.placeholder(tf.string, [None])
      parsed = tf.io.parse_example(
        serialized,
        {
          name: tf.io.FixedLenFeature(tuple(shape), tf.as_dtype(dtype))
          for name, (dtype, shape) in self.features.items()
        },
      )

      def parse(records):
        return session.run(parsed, {serialized: [r for _, r in records]})

      for path in paths:
        for records in _in_batches(self._records(path, bad)):
          try:
            yield parse(records)
          except tf.errors.InvalidArgumentError:
            for number, record in records:  # Which of them is it?
              try:
                yield parse([(number, record)])
              except tf.errors.InvalidArgumentError as error:
                message = one_line(error.message).split(" [[")[0]
                bad.add(f"{path}, record {number}: {message}.")

  def _records(self, path, bad) -> Iterator[tuple[int, bytes]]:
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


def _in_batches(records) -> Iterator[list[tuple[int, bytes]]]:
  batch = []
  for record in records:
    batch.append(record)
    if len(batch) == _BATCH:
      yield batch
      batch = []
  if batch:
    yield batch
