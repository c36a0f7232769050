"""Records of TFRecord files, with their files and numbers."""

import itertools
from collections.abc import Iterator

from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.tensorflow_runtime import tf

COMPRESSIONS = ("", "GZIP", "ZLIB")

# A record's number in its file, and its bytes.
Record = tuple[int, bytes]


def read(
  path: str, compression: str | None, bad: BadRecords
) -> Iterator[Record]:
  """Yields the records of a file.

  Args:
    path: the file.
    compression: one of `COMPRESSIONS`; None decides by the name: GZIP for .gz.
    bad: counts a damaged file as one bad record, or refuses it.

  Raises:
    UserError: the file isn't gzip, or its damage is refused.
  """
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


def in_batches(
  records: Iterator[Record], batch_size: int
) -> Iterator[list[Record]]:
  """Yields records in lists; the last may be shorter."""
  while batch := list(itertools.islice(records, batch_size)):
    yield batch


def _is_gzip(path: str) -> bool:
  with tf.io.gfile.GFile(path, "rb") as file:
    return bool(file.read(2) == b"\x1f\x8b")
