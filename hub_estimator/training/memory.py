"""What a process that makes many runs alike needn't do twice."""

from collections.abc import Callable
from typing import Any


class Memory:
  """Values by the parts that they were made of.

  Parts are compared by `==`, so that dataclasses from gin count by their fields, and an
  object of yours without `__eq__` is new each time. Made values must not change.
  """

  def __init__(self):
    """Makes an empty one."""
    self._small = _Recent(32)
    self._large = _Recent(4)

  def recall(
    self, parts: Any, make: Callable[[], Any], *, is_large: bool = False
  ) -> Any:
    """Returns the value that was made of equal parts, or makes it now.

    Args:
      parts: what it is made of.
      make: makes it.
      is_large: fewer are kept, those recalled last: for the graph of a module.
    """
    return (self._large if is_large else self._small).recall(parts, make)


class _Recent:
  def __init__(self, size: int):
    self._size = size
    self._kept: list[tuple[Any, Any]] = []

  def recall(self, parts, make):
    for index, (known, value) in enumerate(self._kept):
      if _equal(known, parts):
        self._kept.append(self._kept.pop(index))
        return value
    value = make()
    self._kept.append((parts, value))
    del self._kept[: -self._size]
    return value


def _equal(a: Any, b: Any) -> bool:
  try:
    return bool(a == b)
  except Exception:  # Of arrays, or of an object's own `__eq__`.
    return False
