"""Lists of tokens, and the counts that say how many of them are no padding."""

from collections.abc import Mapping

import numpy as np

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.preprocessing import adapters

_LOOKED_AT = 1000


def check(
  examples: inputs.Examples, read: Mapping[str, adapters.Sequence]
) -> None:
  """Raises a UserError if a module would read other tokens than are meant.

  Args:
    examples: of training or evaluation.
    read: how one application of a module reads features, by their names.
  """
  columns = {n: examples.features[n] for n in read if n in examples.features}
  for name, column in columns.items():
    _check_is_split(name, column, read[name], examples.source)
  lists = {
    name: column
    for name, column in columns.items()
    if read[name].is_open and len(column.shape) > 1
  }
  for name, column in columns.items():
    if read[name].counts and lists:
      _check_counts(name, column, lists, examples.source)


def _check_is_split(
  name: str, column: inputs.Column, taker: adapters.Sequence, source: str
) -> None:
  """Refuses sentences where lists of words are wanted: each would be one word."""
  shape = taker.tensor.shape
  is_list = shape is not None and len(shape) == 2 and shape[1] is None
  is_text = taker.tensor.dtype == "string" and column.dtype.kind == "O"
  if not is_list or not is_text or len(column.shape) > 1:
    return
  for row, text in enumerate(column[:_LOOKED_AT].tolist()):
    if len(text.split()) > 1:
      shown = text.decode("utf-8", "replace")
      raise UserError(
        f"{source}: {name!r} of example {row} is {shown!r}, and the module's input "
        f"{taker.name!r} ({taker.tensor}) takes lists of words; split the text, or "
        "use a signature for whole sentences."
      )


def _check_counts(
  name: str,
  column: inputs.Column,
  lists: Mapping[str, inputs.Column],
  source: str,
) -> None:
  counts = np.asarray(column[:]).reshape(len(column), -1)[:, 0]
  tokens, longest = max(
    ((n, _lengths(c)) for n, c in lists.items()), key=lambda item: item[1].sum()
  )
  wrong = np.flatnonzero((counts < 0) | (counts > longest))
  if wrong.size:
    row = wrong[0]
    raise UserError(
      f"{source}: {name!r} of example {row} is {counts[row]}, and {tokens!r} has "
      f"{longest[row]} values ({wrong.size} of {len(counts)} examples are such)."
    )


def _lengths(column: inputs.Column) -> np.ndarray:
  if None in column.shape:
    return inputs.lengths_of(column)
  return np.full(len(column), column.shape[1])
