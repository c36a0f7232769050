"""The data of JPEGs: where it is damaged, and whether a decoder needs more of it."""

import re
from collections.abc import Iterator

_SCAN, _END = 0xDA, 0xD9
_RESTARTS = range(0xD0, 0xD8)
_ARITHMETIC = range(0xC9, 0xD0)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = 0xC2
_COEFFICIENTS = 64
# Markers that may follow picture data: tables, comments and further scans.
_BLOCKS = {0xC4, *range(0xDA, 0xDE), *range(0xE0, 0xF0), 0xFE}
# In picture data, 0xff 0x00 is a byte of data.
_MARKER = re.compile(rb"\xff+[^\x00\xff]", re.DOTALL)
# Decoders take the bits of missing data as 0, so these aren't.
_MORE = b"\x5a\x93" * 40


def find_damage(content: bytes) -> str | None:
  """Returns where a JPEG holds a marker that can't be there, or that it has no end.

  Args:
    content: the whole file.
  """
  for start, marker, in_data in _markers(content):
    if marker in (_END, None):
      return None  # Without a marker, the decoder decides.
    if in_data and marker not in _BLOCKS and marker not in _RESTARTS:
      return f"the JPEG is damaged at byte {start}"
  return "the image is cut short"


def with_more_data(content: bytes) -> bytes:
  """Returns a JPEG with further bytes wherever its picture data ends.

  It is decoded to the same pixels, unless data is missing: decoders fill up what is
  missing, mostly with grey, and report nothing.

  Args:
    content: of a JPEG.
  """
  pieces, done = [], 0
  for start, marker, in_data in _markers(content):
    if marker in _ARITHMETIC:
      return content  # Its encoders leave out trailing zeros.
    if in_data:
      pieces += [content[done:start], _MORE]
      done = start
  return b"".join([*pieces, content[done:]])


def find_size(content: bytes) -> tuple[int, int] | None:
  """Returns (height, width); None if no frame is found.

  Args:
    content: of a JPEG, or enough of its beginning.
  """
  for start, marker, _ in _markers(content):
    if marker in _FRAMES:
      block = content[start:].lstrip(b"\xff")[4:8]
      return int.from_bytes(block[:2]), int.from_bytes(block[2:])
  return None


def lacks_scans(content: bytes) -> bool:
  """Returns whether a progressive JPEG ends before the scans with its last bits.

  Args:
    content: of a JPEG.
  """
  # By component, the bits of each coefficient that no scan has held yet.
  left: dict[int, list[int]] = {}
  for start, marker, _ in _markers(content):
    block = content[start:].lstrip(b"\xff")[3:300] if marker else b""
    if marker == _PROGRESSIVE:
      left = {block[6 + 3 * i]: [1] * _COEFFICIENTS for i in range(block[5])}
    if marker == _SCAN and left:
      count = block[0]
      first, last, bits = block[1 + 2 * count : 4 + 2 * count]
      for component in block[1 : 1 + 2 * count : 2]:
        for i in range(first, min(last + 1, _COEFFICIENTS)):
          left.get(component, [0] * _COEFFICIENTS)[i] = bits & 15
  return any(map(any, left.values()))


def _markers(content: bytes) -> Iterator[tuple[int, int | None, bool]]:
  """Yields (position, marker, whether picture data may be before it) up to the end.

  A marker of None stands where none is, although the block before says so.
  """
  at, in_data = 2, False
  while found := _MARKER.search(content, at):
    marker, after = found.group()[-1], found.end()
    if not in_data and found.start() != at:
      yield at, None, False
      return
    yield found.start(), marker, in_data
    if marker == _END:
      return
    if marker in _RESTARTS:
      at = after
      continue
    in_data = in_data or marker == _SCAN
    at = after + int.from_bytes(content[after : after + 2])
