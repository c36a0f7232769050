"""Records of TFRecord files, with their files and numbers."""

import itertools
import zlib
from collections.abc import Iterator

from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.tensorflow_runtime import tf

COMPRESSIONS = ("", "GZIP", "ZLIB")

# Windows of zlib by compression; they say which header is there.
_WINDOWS = {"GZIP": 31, "ZLIB": 15}
# Around each record: its length, and checksums of the length and of the record.
_FRAME = 8 + 4 + 4
_CHUNK = 1 << 20

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
  number, size = 0, 0
  try:
    for record in tf.io.tf_record_iterator(
      path, tf.io.TFRecordOptions(compression)
    ):
      yield number, record
      number += 1
      size += _FRAME + len(record)
  except tf.errors.OpError as error:
    bad.add(f"{path}, record {number}: {one_line(error.message)}.")
    return
  # TensorFlow takes a file that is cut within a header, or while it is unpacked, for
  # one that ends there.
  if size != _size(path, compression):
    bad.add(f"{path}, record {number}: the file is cut short.")


def in_batches(
  records: Iterator[Record], batch_size: int
) -> Iterator[list[Record]]:
  """Yields records in lists; the last may be shorter."""
  while batch := list(itertools.islice(records, batch_size)):
    yield batch


def _size(path: str, compression: str) -> int | None:
  """Returns the unpacked size of a file; None if it has no end."""
  if not compression:
    return int(tf.io.gfile.stat(path).length)
  size, stream = 0, zlib.decompressobj(_WINDOWS[compression])
  with tf.io.gfile.GFile(path, "rb") as file:
    try:
      while chunk := file.read(_CHUNK):
        size += len(stream.decompress(chunk))
        while stream.unused_data and compression == "GZIP":
          rest, stream = stream.unused_data, zlib.decompressobj(31)
          size += len(stream.decompress(rest))
    except zlib.error:
      return None
  return size if stream.eof else None


def _is_gzip(path: str) -> bool:
  with tf.io.gfile.GFile(path, "rb") as file:
    return bool(file.read(2) == b"\x1f\x8b")
