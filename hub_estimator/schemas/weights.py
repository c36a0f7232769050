"""Weights of examples: none is below zero, and some are above."""

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs import Examples


def check_weights(examples: Examples, name: str) -> None:
  """Raises a UserError for weights with which no training or evaluation is right.

  Args:
    examples: of training or evaluation.
    name: the feature that holds the weights.
  """
  if name not in examples.features:
    return  # Reported with the names that exist, where features are matched.
  column = examples.features[name]
  weights = np.asarray(column[:])
  where = f"{examples.source}: the weight {name!r}"
  if weights.dtype.kind not in "biuf":
    raise UserError(
      f"{where} of example 0 is {weights.ravel()[0]!r}, not a number."
    )
  if None in column.shape:
    raise UserError(f"{where} is a list in each example, of different lengths.")
  rows = weights.reshape(len(weights), -1).astype(np.float64)
  for bad, what in (
    (~np.isfinite(rows), "isn't a finite number"),
    (rows < 0, "is below 0"),
  ):
    wrong = np.flatnonzero(bad.any(axis=1))
    if wrong.size:
      raise UserError(
        f"{where} of example {wrong[0]} is {rows[wrong[0]].tolist()[0]:g}: it "
        f"{what} in {wrong.size} of {len(rows)} examples."
      )
  if not rows.any():
    raise UserError(
      f"{where} is 0 in all {len(rows)} examples; no example would count."
    )
