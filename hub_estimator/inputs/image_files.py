"""Image files: which there are, and whether they are whole."""

import os
import pathlib
import zlib

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp")
_PNG = b"\x89PNG\r\n\x1a\n"
# The first and last bytes of a whole file.
_ENDS = (
  (b"\xff\xd8\xff", b"\xff\xd9"),
  (_PNG, b"IEND\xaeB`\x82"),
  (b"GIF8", b";"),
  (b"BM", b""),
)


def is_image(path: pathlib.Path) -> bool:
  """Returns whether a path ends like an image's."""
  return path.suffix.lower() in SUFFIXES


def find_problem(path: pathlib.Path) -> str | None:
  """Returns why a file isn't a whole image, judged by its first and last bytes."""
  with path.open("rb") as file:
    first = file.read(8)
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 64))
    last = file.read()
  for start, end in _ENDS:
    if first.startswith(start):
      # Some cameras and tools pad a file after its end.
      return None if end in last.rstrip(b"\0") else "the image is cut short"
  return "not a JPEG, PNG, GIF or BMP image"


def find_damage(content: bytes) -> str | None:
  """Returns where a PNG's checksums show damage; other formats have none.

  Args:
    content: the whole file.
  """
  if not content.startswith(_PNG):
    return None
  at = len(_PNG)
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
  return "the PNG is cut short"
