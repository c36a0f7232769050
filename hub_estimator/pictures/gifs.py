"""The data of GIFs: whether it holds all pixels of the first picture."""

from collections.abc import Iterator

_DAMAGED = "data of the GIF is damaged or missing"
_VERSIONS = (b"GIF87a", b"GIF89a")
_EXTENSION, _IMAGE = 0x21, 0x2C
_MOST_BITS, _MOST_CODES = 8, 4096


def find_damage(content: bytes) -> str | None:
  """Returns what is wrong with the first picture of a GIF, or None.

  TensorFlow decodes the rows before the damage, and reports nothing.

  Args:
    content: the whole file.
  """
  if content[:6] not in _VERSIONS:
    return _DAMAGED
  try:
    at = _first_image(content)
    width, height = (
      int.from_bytes(content[at + i : at + i + 2], "little") for i in (5, 7)
    )
    at += 10 + _palette_bytes(content[at + 9])
    codes = _codes(b"".join(_blocks(content, at + 1)), content[at])
    pixels = sum(codes)
  except (IndexError, ValueError):
    return _DAMAGED
  return None if pixels >= width * height else _DAMAGED


def _first_image(content: bytes) -> int:
  """Returns where the first picture is described."""
  at = 13 + _palette_bytes(content[10])
  while content[at] != _IMAGE:
    if content[at] != _EXTENSION:
      raise ValueError
    at += 2
    at += sum(1 + len(block) for block in _blocks(content, at)) + 1
  return at


def _palette_bytes(flags: int) -> int:
  return 3 << (flags & 7) + 1 if flags & 128 else 0


def _blocks(content: bytes, at: int) -> Iterator[bytes]:
  """Yields the blocks of data from a position up to the empty one."""
  while size := content[at]:
    yield content[at + 1 : at + 1 + size]
    at += 1 + size


def _codes(data: bytes, bits: int) -> Iterator[int]:
  """Yields how many pixels each code of LZW stands for.

  Args:
    data: of the picture.
    bits: of a pixel.

  Raises:
    ValueError: a code stands for nothing.
  """
  if bits > _MOST_BITS:
    raise ValueError
  clear = 1 << bits
  counts = [1] * clear + [0, 0]
  width, previous = bits + 1, None
  held, held_bits = 0, 0
  for byte in data:
    held |= byte << held_bits
    held_bits += 8
    while held_bits >= width:
      code = held & (1 << width) - 1
      held >>= width
      held_bits -= width
      if code == clear:
        del counts[clear + 2 :]
        width, previous = bits + 1, None
        continue
      if code == clear + 1:
        return
      if previous is not None and len(counts) < _MOST_CODES:
        counts.append(counts[previous] + 1)
      if code >= len(counts):
        raise ValueError
      yield counts[code]
      if len(counts) == 1 << width and width < 12:
        width += 1
      previous = code
