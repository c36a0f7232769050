"""Damage that tests do to modules."""

import pathlib


def flip_weights(module: str | pathlib.Path) -> None:
  """Flips one bit of a module's weights; their size stays."""
  path = pathlib.Path(module, "variables", "variables.data-00000-of-00001")
  content = bytearray(path.read_bytes())
  content[0] ^= 1
  path.write_bytes(content)
