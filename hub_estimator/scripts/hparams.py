"""`tf.contrib.training.HParams`: values by name, of which each keeps its type."""

import json
import re
from collections.abc import Mapping
from typing import Any

# name=value, or name=[value,value].
_PART = re.compile(r"\s*(\w+)\s*=\s*(\[[^\]]*\]|[^,]*)\s*(?:,|$)")


class HParams:
  """Hyperparameters as attributes."""

  def __init__(self, **values: Any) -> None:
    """Makes hyperparameters with their values, whose types they keep."""
    self._names: list[str] = []
    for name, value in values.items():
      self.add_hparam(name, value)

  def add_hparam(self, name: str, value: Any) -> None:
    """Adds one.

    Raises:
      ValueError: the name is taken.
    """
    if hasattr(self, name):
      raise ValueError(f"Hyperparameter name is reserved: {name}")
    self._names.append(name)
    setattr(self, name, value)

  def set_hparam(self, name: str, value: Any) -> None:
    """Replaces the value of one that exists.

    Raises:
      KeyError: there is none of this name.
      ValueError: the value is of another type.
    """
    if name not in self:
      raise KeyError(name)
    setattr(self, name, _cast(name, value, getattr(self, name)))

  def del_hparam(self, name: str) -> None:
    """Removes one."""
    if name in self:
      self._names.remove(name)
      delattr(self, name)

  def parse(self, values: str) -> "HParams":
    """Sets the values of "name=value,name=[value,value]", and returns self.

    Raises:
      ValueError: a name is unknown, or a value is of another type.
    """
    position = 0
    while position < len(values):
      part = _PART.match(values, position)
      if part is None:
        raise ValueError(f"Could not parse hparam values: {values[position:]}")
      name, value = part[1], part[2].strip()
      if name not in self:
        raise ValueError(f"Unknown hyperparameter: {name}")
      listed = value.startswith("[")
      read = [v.strip() for v in value[1:-1].split(",") if v.strip()]
      self.set_hparam(name, read if listed else value)
      position = part.end()
    return self

  def override_from_dict(self, values: Mapping[str, Any]) -> "HParams":
    """Sets values by name, and returns self."""
    for name, value in values.items():
      self.set_hparam(name, value)
    return self

  def parse_json(self, values: str) -> "HParams":
    """Sets the values of a JSON object, and returns self."""
    return self.override_from_dict(json.loads(values))

  def values(self) -> dict[str, Any]:
    """Returns the values by name."""
    return {name: getattr(self, name) for name in self._names}

  def to_json(self, indent: int | None = None, sort_keys: bool = False) -> str:
    """Returns the values as a JSON object."""
    return json.dumps(self.values(), indent=indent, sort_keys=sort_keys)

  def get(self, key: str, default: Any = None) -> Any:
    """Returns the value of a name, or the default."""
    return getattr(self, key) if key in self else default

  def __contains__(self, key: str) -> bool:
    return key in self._names

  def __repr__(self) -> str:
    return f"HParams({self.values()})"


def _cast(name: str, value: Any, before: Any) -> Any:
  """Returns a value in the type of the one before, as `tf.contrib` would."""
  if before is None or value is None:
    return value
  if isinstance(before, list):
    if not isinstance(value, list):
      raise ValueError(f"{name} is a list; {value!r} is none.")
    return [_cast(name, v, before[0]) for v in value] if before else value
  if isinstance(value, list):
    raise ValueError(f"{name} is no list; {value!r} is one.")
  if isinstance(before, bool) and isinstance(value, str):
    if value.lower() not in ("true", "false", "1", "0"):
      raise ValueError(f"Could not parse hparam {name}: {value!r} is no bool.")
    return value.lower() in ("true", "1")
  kind = type(before)
  if isinstance(value, float) and kind is int and not value.is_integer():
    raise ValueError(f"{name} is an int; {value!r} is none.")
  if isinstance(value, str) != (kind is str) and not isinstance(value, str):
    raise ValueError(f"{name} is a {kind.__name__}; {value!r} is none.")
  return kind(value)
