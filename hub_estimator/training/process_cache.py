"""Values that runs of one process share."""

from collections.abc import Callable
from typing import Any


class ProcessCache:
  """Values by the parts that they were made from.

  Parts are compared by `==`, so dataclasses from gin are equal if their fields are, and
  an object of yours without `__eq__` is never equal to another. Nobody may change a
  cached value.
  """

  def __init__(self) -> None:
    """Makes an empty cache."""
    self._small = _Recent(32)
    self._large = _Recent(4)

  def get(
    self, parts: Any, make: Callable[[], Any], *, is_large: bool = False
  ) -> Any:
    """Returns the value that was made from equal parts, or makes it now.

    Args:
      parts: all that the value depends on.
      make: makes the value.
      is_large: whether the value is large, as a module's graph is; the cache keeps
        the 4 large and the 32 small values that were used last.
    """
    return (self._large if is_large else self._small).get(parts, make)


class _Recent:
  def __init__(self, size: int):
    self._size = size
    self._kept: list[tuple[Any, Any]] = []

  def get(self, parts: Any, make: Callable[[], Any]) -> Any:
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
  except Exception:  # From arrays, or an object's own `__eq__`.
    return False
