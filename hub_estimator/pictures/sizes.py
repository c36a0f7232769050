"""The sizes of pictures, as their headers state them."""

from typing import Literal

from hub_estimator.pictures import formats, jpegs


def size_of(content: bytes) -> tuple[int, int] | None:
  """Returns (height, width) as stored, before EXIF turns it; None if it isn't found.

  Args:
    content: of the file, or enough of its beginning.
  """
  kind = formats.kind_of(content[: formats.HEADER_BYTES])
  if kind == "PNG":
    return _number(content, 20, 4, "big"), _number(content, 16, 4, "big")
  if kind == "GIF":
    return _number(content, 8, 2), _number(content, 6, 2)
  if kind == "JPEG":
    return jpegs.find_size(content)
  if kind == "BMP":
    if _number(content, 14, 4) == 12:
      return _number(content, 20, 2), _number(content, 18, 2)
    height = int.from_bytes(content[22:26], "little", signed=True)
    return abs(height), _number(content, 18, 4)
  return _size_of_webp(content) if kind == "WebP" else None


def _size_of_webp(content: bytes) -> tuple[int, int] | None:
  chunk = content[12:16]
  if chunk == b"VP8X":
    return _number(content, 27, 3) + 1, _number(content, 24, 3) + 1
  if chunk == b"VP8L":
    bits = _number(content, 21, 4)
    return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
  if chunk == b"VP8 ":
    return _number(content, 28, 2) & 0x3FFF, _number(content, 26, 2) & 0x3FFF
  return None


def _number(
  content: bytes,
  at: int,
  count: int,
  order: Literal["little", "big"] = "little",
) -> int:
  return int.from_bytes(content[at : at + count], order)
