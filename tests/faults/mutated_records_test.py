"""TFRecords with mistakes: read as the format says, or refused in one line.

The other reader is written by hand: the framing of records, their masked checksums,
and `tf.train.Example` as protobuf parses it.
"""

import gzip
import os
import random
import zlib

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import TFRecord, lengths_of, values_of
from hub_estimator.tensorflow_runtime import tf

pytestmark = pytest.mark.newest

COUNT = int(os.environ.get("HUB_ESTIMATOR_MUTATED_DATA", "40"))
SHARE = 50
FEATURES = {
  "text": ("string", []),
  "x": ("float32", [2]),
  "n": ("int64", [None]),
  "label": ("int64", []),
}
_KINDS = {"text": "bytes_list", "x": "float_list"}  # All else: "int64_list".


class NotWhole(Exception):
  """A file that isn't what the format says."""


def _table() -> list[int]:
  table = []
  for byte in range(256):
    for _ in range(8):
      byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    table.append(byte)
  return table


_TABLE = _table()


def _checksum(content: bytes) -> bytes:
  """Returns the masked CRC-32C of bytes."""
  crc = 0xFFFFFFFF
  for byte in content:
    crc = _TABLE[(crc ^ byte) & 255] ^ crc >> 8
  crc ^= 0xFFFFFFFF
  masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
  return masked.to_bytes(4, "little")


def _frame(record: bytes) -> bytes:
  length = len(record).to_bytes(8, "little")
  return length + _checksum(length) + record + _checksum(record)


def _records(content: bytes) -> list[bytes]:
  """Returns the records of a file.

  Raises:
    NotWhole: a length or a checksum is wrong.
  """
  records, at = [], 0
  while at < len(content):
    length = content[at : at + 8]
    if len(length) < 8 or content[at + 8 : at + 12] != _checksum(length):
      raise NotWhole
    end = at + 12 + int.from_bytes(length, "little")
    record = content[at + 12 : end]
    if content[end : end + 4] != _checksum(record) or end + 4 > len(content):
      raise NotWhole
    records.append(record)
    at = end + 4
  return records


def _example(draw: random.Random) -> bytes:
  example = tf.train.Example()
  held = example.features.feature
  held["text"].bytes_list.value.append(draw.choice([b"good", b"", b"\xff\x00"]))
  held["x"].float_list.value.extend([draw.random(), draw.choice([-1.0, 1e30])])
  held["n"].int64_list.value.extend(
    draw.choices([0, -1, 2**63 - 1, -(2**63)], k=draw.randrange(3))
  )
  held["label"].int64_list.value.append(draw.randrange(2))
  kind = draw.randrange(40)
  if kind == 0:
    del held[draw.choice(list(FEATURES))]
  elif kind == 1:
    held["x"].float_list.value.append(0.5)
  elif kind == 2:
    held[draw.choice(["text", "n"])].float_list.value.append(0.5)
  elif kind == 3:
    held["more"].int64_list.value.append(1)
  elif kind == 4:  # Merged by protobuf.
    other = tf.train.Example()
    other.features.feature["x"].float_list.value.extend([7, 8])
    return example.SerializeToString(
      deterministic=True
    ) + other.SerializeToString(deterministic=True)
  return example.SerializeToString(deterministic=True)


def _mutated(draw: random.Random, content: bytes) -> bytes:
  """Returns bytes with a mistake in them."""
  at = draw.randrange(len(content) + 1)
  kind = draw.randrange(6)
  if kind == 0:
    return content[:at] + draw.randbytes(1) + content[at + 1 :]
  if kind == 1:
    return content[:at] + content[at + 1 :]
  if kind == 2:
    return content[:at] + draw.randbytes(draw.randrange(1, 5)) + content[at:]
  if kind == 3:
    return content[:at]
  if kind == 4:
    return content[:at] + bytes(9) + content[at + 9 :]
  return content[:at] + content[at // 2 : at] + content[at:]


def _rows(content: bytes) -> list[dict[str, list]]:
  """Returns the values of each record, by feature.

  Raises:
    NotWhole: the file is damaged, or a record isn't an example with the features.
  """
  rows = []
  for record in _records(content):
    try:
      held = tf.train.Example.FromString(record).features.feature
    except (
      Exception
    ) as error:  # protobuf's own, of a package that may be absent.
      raise NotWhole from error
    row = {}
    for name, (_, shape) in FEATURES.items():
      kind = held[name].WhichOneof("kind") if name in held else None
      if kind not in (None, _KINDS.get(name, "int64_list")):
        raise NotWhole
      row[name] = list(getattr(held[name], kind).value) if kind else []
      if shape != [None] and len(row[name]) != (shape or [1])[0]:
        raise NotWhole
    rows.append(row)
  return rows


def _packed(compression: str, content: bytes) -> bytes:
  if compression == "GZIP":
    return gzip.compress(content, mtime=0)
  return zlib.compress(content) if compression else content


def _unpacked(compression: str, content: bytes) -> bytes:
  try:
    if compression == "GZIP":
      return gzip.decompress(content)
    if compression:
      stream = zlib.decompressobj()
      found = stream.decompress(content)
      if not stream.eof:
        raise NotWhole
      return found
  except (OSError, EOFError, zlib.error) as error:
    raise NotWhole from error
  return content


def _check(draw: random.Random, path: str) -> bool:
  """Checks one file, and returns whether it is read."""
  records = [_example(draw) for _ in range(draw.randrange(1, 6))]
  where = draw.randrange(4)
  if where == 0:  # In an example whose checksum is right.
    i = draw.randrange(len(records))
    records[i] = _mutated(draw, records[i])
  content = b"".join(map(_frame, records))
  if where == 1:
    content = _mutated(draw, content)
  compression = draw.choice(["", "", "GZIP", "ZLIB"])
  content = _packed(compression, content)
  if where == 2:
    content = _mutated(draw, content)
  with open(path, "wb") as file:
    file.write(content)
  try:
    examples = TFRecord(path, FEATURES, compression=compression).read()
  except UserError as error:
    assert str(error) and "\n" not in str(error)
    return False
  rows = _rows(_unpacked(compression, content))
  assert len(examples) == len(rows)
  found = {**examples.features, "label": examples.labels}
  for name, column in found.items():
    wanted = [row[name] for row in rows]
    if None in column.shape:
      assert lengths_of(column).tolist() == [len(v) for v in wanted]
    flat = np.ravel(values_of(column, slice(None))).tolist()
    values = [value for row in wanted for value in row]
    np.testing.assert_equal(flat, values)
  return True


@pytest.mark.usefixtures("in_memory_and_in_files")
@pytest.mark.parametrize("share", range(0, COUNT, SHARE))
def test_records_are_read_as_they_are_written_or_refused(tmp_path, share):
  read = [
    _check(random.Random(f"records {seed}"), str(tmp_path / "a"))
    for seed in range(share, min(share + SHARE, COUNT))
  ]
  assert 0 < sum(read) < len(read) or len(read) < 10


def test_the_checksum_is_that_of_the_format(tmp_path):
  path = str(tmp_path / "a")
  with tf.io.TFRecordWriter(path) as writer:
    writer.write(b"123456789")
  with open(path, "rb") as file:
    assert file.read() == _frame(b"123456789")
