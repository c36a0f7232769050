"""Predictions as arrays."""

import html
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_SHOWN_ROWS = 10
_SHOWN_VALUES = 8


class Predictions(Mapping[str, np.ndarray]):
  """Arrays [rows, ...] by the name of a prediction or a module's output."""

  def __init__(self, arrays: Mapping[str, np.ndarray]):
    """Makes predictions.

    Args:
      arrays: [rows, ...] by name, all of the same length.
    """
    self._arrays = dict(arrays)

  def __getitem__(self, name: str) -> np.ndarray:
    return self._arrays[name]

  def __iter__(self) -> Iterator[str]:
    return iter(self._arrays)

  def __len__(self) -> int:
    return len(self._arrays)

  @property
  def rows(self) -> int:
    """The number of rows."""
    return len(next(iter(self._arrays.values()), ()))

  def __repr__(self) -> str:
    arrays = ", ".join(
      f"{name} {array.dtype} {list(array.shape)}"
      for name, array in self._arrays.items()
    )
    return f"<{self.rows} rows: {arrays}>"

  def _repr_html_(self) -> str:
    """Returns the first rows as a table, for notebooks."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in self)
    body = "".join(
      "<tr>"
      + "".join(
        f"<td>{html.escape(_text(array[row]))}</td>" for array in self.values()
      )
      + "</tr>"
      for row in range(min(self.rows, _SHOWN_ROWS))
    )
    note = (
      f"<p>{_SHOWN_ROWS} of {self.rows} rows</p>"
      if self.rows > _SHOWN_ROWS
      else ""
    )
    return f"<table><tr>{head}</tr>{body}</table>{note}"


def _text(value: Any) -> str:
  """Returns the values of one row, few enough to read."""
  values = np.asarray(value, dtype=object).ravel().tolist()
  shown = [_one(v) for v in values[:_SHOWN_VALUES]]
  return ", ".join(shown) + (", …" if len(values) > len(shown) else "")


def _one(value: Any) -> str:
  if isinstance(value, bytes):
    return value.decode("utf-8", "replace")
  return f"{value:.4g}" if isinstance(value, float) else str(value)


def stack(rows: list[Mapping[str, np.ndarray]]) -> Predictions:
  """Returns rows, each with the same names, as arrays.

  If rows differ in shape, it is an array [rows] of arrays.
  """
  names = rows[0] if rows else {}
  return Predictions({n: _stack([row[n] for row in rows]) for n in names})


def _stack(values: list[np.ndarray]) -> np.ndarray:
  if len({np.shape(value) for value in values}) == 1:
    return np.stack(values)
  array = np.empty(len(values), dtype=object)
  for row, value in enumerate(values):
    array[row] = value
  return array


def concatenate(batches: list[Mapping[str, np.ndarray]]) -> Predictions:
  """Returns batches [batch, ...], each with the same names, as arrays."""
  names = batches[0] if batches else {}
  return Predictions(
    {n: np.concatenate([b[n] for b in batches]) for n in names}
  )
