"""What a process that makes many runs alike needn't do twice."""

from collections.abc import Callable
from typing import Any


class Memory:
  """Values by the parts that they were made of.

  Parts are compared by `==`, so that dataclasses from gin count by their fields, and an
  object of yours without `__eq__` is new each time. Made values must not change.
  """

  def __init__(self, size: int = 32):
    """Makes an empty one.

    Args:
      size: values that are kept; the ones recalled last.
    """
    self._size = size
    self._kept: list[tuple[Any, Any]] = []

  def recall(self, parts: Any, make: Callable[[], Any]) -> Any:
    """Returns the value that was made of equal parts, or makes it now."""
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
