"""The formats of pictures, told by their first bytes; never by a file's name."""

import zlib

from hub_estimator.pictures import jpegs
from hub_estimator.tensorflow_runtime import tf

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"
GIF = b"GIF8"
BMP = b"BM"
RIFF, WEBP = b"RIFF", b"WEBP"  # Four bytes of size stand between them.
KINDS = ("other", "JPEG", "PNG", "GIF", "BMP", "WebP")
# Bytes that `kind_of` needs.
HEADER_BYTES = 32
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
DECODES_WEBP = hasattr(tf.io, "decode_webp")
NO_WEBP = (
  f"a WebP picture, which TensorFlow {tf.__version__} can't decode; convert it to "
  "PNG or JPEG"
)
# Where a WebP says in its header whether it moves.
WEBP_EXTENDED, WEBP_FLAGS_AT, WEBP_MOVES = b"VP8X", 20, 2
MOVING_WEBP = (
  "an animated WebP picture, on which TensorFlow's decoder crashes; convert it to "
  "PNG, GIF or JPEG"
)
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


def kind_of(header: bytes) -> str | None:
  """Returns "JPEG", "PNG", "GIF", "BMP" or "WebP", or None for anything else.

  Args:
    header: the first `HEADER_BYTES` of a file.
  """
  if header.startswith(JPEG):
    return "JPEG"
  if header.startswith(PNG):
    return "PNG"
  if header.startswith(GIF):
    return "GIF"
  if header.startswith(RIFF) and header[8:12] == WEBP:
    return "WebP"
  # "BM" alone also starts many a text.
  size = int.from_bytes(header[14:18], "little")
  if header.startswith(BMP) and size in _BMP_HEADERS:
    return "BMP"
  return None


def find_problem(content: bytes) -> str | None:
  """Returns why a file isn't a whole picture, or None; it isn't decoded.

  Bytes after a picture's end do no harm.

  Args:
    content: the whole file.
  """
  kind = kind_of(content[:HEADER_BYTES])
  if kind is None:
    return "not a JPEG, PNG, GIF, BMP or WebP image"
  if kind == "WebP" and not DECODES_WEBP:
    return NO_WEBP
  if kind == "WebP" and _moves(content):
    return MOVING_WEBP
  if kind == "PNG":
    return _find_png_damage(content)
  if kind == "JPEG":
    return jpegs.find_damage(content)
  if kind == "GIF" and b";" not in content:
    return "the image is cut short"
  if kind == "WebP" and len(content) < 8 + int.from_bytes(
    content[4:8], "little"
  ):
    return "the image is cut short"
  return None


def _moves(webp: bytes) -> bool:
  flags = webp[WEBP_FLAGS_AT : WEBP_FLAGS_AT + 1]
  return (
    webp[12:16] == WEBP_EXTENDED and bool(flags) and bool(flags[0] & WEBP_MOVES)
  )


def _find_png_damage(content: bytes) -> str | None:
  """Returns where a PNG's checksums show damage."""
  at = len(PNG)
  while at + 12 <= len(content):
    # A chunk: length, type, data, and a checksum of type and data.
    end = at + 8 + int.from_bytes(content[at : at + 4])
    if end + 4 > len(content):
      break
    checksum = zlib.crc32(content[at + 4 : end])
    if checksum.to_bytes(4) != content[end : end + 4]:
      return f"the PNG is damaged at byte {at}"
    if content[at + 4 : at + 8] == b"IEND":
      return None
    at = end + 4
  return "the image is cut short"
