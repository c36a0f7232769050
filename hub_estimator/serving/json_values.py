"""JSON of requests and answers, as arrays of a signature's types."""

import base64
import binascii
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError, nearest

_B64 = "b64"
_SHOWN = 60  # Characters of a value in a message.


@dataclasses.dataclass(frozen=True)
class TensorType:
  """Type of an input or output of a signature.

  Attributes:
    dtype: NumPy's; objects for strings.
    shape: None if the rank is unknown; a dimension is None if it may differ.
    name: of the tensor in the graph.
  """

  dtype: np.dtype[Any]
  shape: tuple[int | None, ...] | None
  name: str

  def __str__(self) -> str:
    kind = "string" if self.dtype.kind == "O" else self.dtype.name
    shape = "of any shape" if self.shape is None else str(list(self.shape))
    return f"{kind} {shape}"


def read_rows(
  rows: Any, types: Mapping[str, TensorType]
) -> dict[str, np.ndarray]:
  """Returns inputs [rows, ...] by name, of a request's "instances".

  Args:
    rows: a list; each item holds values by input, or the value of the only input.
    types: of the signature's inputs, by name.

  Raises:
    UserError: the rows don't fit.
  """
  if not isinstance(rows, list) or not rows:
    raise UserError('"instances" must be a list with at least one item.')
  by_name = [_is_by_name(row) for row in rows]
  if any(by_name) != all(by_name):
    raise UserError(
      '"instances" mixes objects of values by input with bare values.'
    )
  if not by_name[0]:
    rows = [{_only(types): row} for row in rows]
  for number, row in enumerate(rows):
    _check_names(row, types, f'"instances", item {number}')
  return {
    name: _array([row[name] for row in rows], wanted, name, '"instances"')
    for name, wanted in types.items()
  }


def read_columns(
  columns: Any, types: Mapping[str, TensorType]
) -> dict[str, np.ndarray]:
  """Returns inputs by name, of a request's "inputs".

  Args:
    columns: whole tensors by input, or that of the only input.
    types: of the signature's inputs, by name.

  Raises:
    UserError: the tensors don't fit.
  """
  if not _is_by_name(columns):
    columns = {_only(types): columns}
  _check_names(columns, types, '"inputs"')
  return {
    name: _array(columns[name], wanted, name, '"inputs"')
    for name, wanted in types.items()
  }


def write_rows(outputs: Mapping[str, np.ndarray], count: int) -> list[Any]:
  """Returns "predictions": an object for each row, or bare values of one output.

  Args:
    outputs: arrays by name.
    count: of the rows.

  Raises:
    UserError: an output doesn't have one row for each.
  """
  for name, array in outputs.items():
    if array.ndim == 0 or len(array) != count:
      raise UserError(
        f"The output {name!r} of shape {list(array.shape)} doesn't have one row for "
        f'each of {count} instances; send "inputs" instead.'
      )
  columns = {name: _plain(name, array) for name, array in outputs.items()}
  if len(columns) == 1:
    (rows,) = columns.values()
    return list(rows)
  return [
    dict(zip(columns, row, strict=True))
    for row in zip(*columns.values(), strict=True)
  ]


def write_columns(outputs: Mapping[str, np.ndarray]) -> Any:
  """Returns "outputs": whole tensors by name, or that of the only output."""
  columns = {name: _plain(name, array) for name, array in outputs.items()}
  return columns if len(columns) != 1 else next(iter(columns.values()))


def read_bytes(value: Any) -> bytes | None:
  """Returns the bytes of text or of {"b64": …}; None for other values.

  Raises:
    UserError: it isn't base64.
  """
  if isinstance(value, str):
    return value.encode("utf-8", "surrogatepass")
  if isinstance(value, dict) and set(value) == {_B64}:
    try:
      return base64.b64decode(value[_B64], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
      raise UserError(
        f'{{"b64": …}} holds {_shown(value[_B64])}, which isn\'t base64.'
      ) from error
  return None


def _is_by_name(value: Any) -> bool:
  return isinstance(value, dict) and set(value) != {_B64}


def _only(types: Mapping[str, TensorType]) -> str:
  if len(types) != 1:
    raise UserError(
      f"The signature has {len(types)} inputs, {', '.join(types)}; give values by "
      "their names."
    )
  return next(iter(types))


def _check_names(
  given: Mapping[str, Any], types: Mapping[str, TensorType], where: str
) -> None:
  for name in given:
    if name not in types:
      raise UserError(f"{where}: {name!r} is no input; {nearest(name, types)}")
  for name, wanted in types.items():
    if name not in given:
      raise UserError(f"{where}: the input {name!r}, {wanted}, is missing.")


def _array(value: Any, wanted: TensorType, name: str, where: str) -> np.ndarray:
  shape = _shape(value, name, where)
  flat: list[Any] = []
  _flatten(value, len(shape), flat)
  if wanted.shape is not None and not _fits(shape, wanted.shape):
    raise UserError(
      f"{where}: {name!r} has shape {list(shape)}, and {wanted} is wanted."
    )
  array = np.empty(len(flat), wanted.dtype)
  for place, item in enumerate(flat):
    array[place] = _scalar(item, wanted, name, where)
  return array.reshape(shape)


def _shape(value: Any, name: str, where: str) -> tuple[int, ...]:
  """Returns the shape of nested lists."""
  if not isinstance(value, list):
    return ()
  inner = {_shape(item, name, where) for item in value}
  if len(inner) > 1:
    raise UserError(
      f"{where}: {name!r} has lists of different lengths, "
      f"{' and '.join(str(list(s)) for s in sorted(inner)[:2])}; pad them, or send "
      "them one by one."
    )
  return (len(value), *next(iter(inner), ()))


def _flatten(value: Any, rank: int, flat: list[Any]) -> None:
  if rank == 0:
    flat.append(value)
    return
  for item in value:
    _flatten(item, rank - 1, flat)


def _fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
  return len(shape) == len(wanted) and all(
    size in (None, given) for given, size in zip(shape, wanted, strict=True)
  )


def _scalar(item: Any, wanted: TensorType, name: str, where: str) -> Any:
  """Returns a value of JSON as one of a tensor, if that doesn't change it."""
  kind = wanted.dtype.kind
  if kind == "O":
    found = read_bytes(item)
    if found is not None:
      return found
  elif kind == "b":
    if isinstance(item, bool):
      return item
  elif isinstance(item, int | float) and not isinstance(item, bool):
    if kind == "f" or wanted.dtype.name == "bfloat16":
      return item
    if isinstance(item, int) and kind in "iu":
      limits = np.iinfo(wanted.dtype)
      if limits.min <= item <= limits.max:
        return item
  raise UserError(
    f"{where}: {name!r} holds {_shown(item)}, and {wanted} is wanted."
  )


def _plain(name: str, array: np.ndarray) -> Any:
  """Returns an array as values of JSON; strings as text, if they are."""
  if array.dtype.kind != "O":
    if array.dtype.kind not in "biuf":
      array = array.astype(np.float32)  # bfloat16.
    return array.tolist()
  as_bytes = name.endswith("_bytes")
  flat = np.empty(array.size, object)
  for place, value in enumerate(array.ravel().tolist()):
    flat[place] = _text(value, as_bytes)
  return flat.reshape(array.shape).tolist()


def _text(value: bytes, as_bytes: bool) -> Any:
  if not as_bytes:
    try:
      return value.decode("utf-8")
    except UnicodeDecodeError:
      pass
  return {_B64: base64.b64encode(value).decode("ascii")}


def _shown(value: Any) -> str:
  text = repr(value)
  return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
