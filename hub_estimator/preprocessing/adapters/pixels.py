"""The scale of pixels: by their dtype, unless the user states their range.

Training, evaluation, prediction, `apply` and exports all call these functions.
"""

import numpy as np

PixelRange = tuple[float, float]
# Resizing in floats overshoots by some of these.
_TOLERANCE = 1e-4


def range_of(dtype: str, stated: PixelRange | None = None) -> PixelRange:
  """Returns the pixel values that mean black and white.

  Args:
    dtype: of the pixels: integers are 0 to 255, floats and bools 0 to 1.
    stated: `adapter.pixel_range`, which comes first; None if there is none.
  """
  if stated is not None:
    low, high = stated
    return float(low), float(high)
  return (0.0, 255.0) if np.dtype(dtype).kind in "iu" else (0.0, 1.0)


def accepted(dtype: str) -> PixelRange:
  """Returns the smallest and largest value that pixels of a dtype may have."""
  low, high = range_of(dtype)
  if np.dtype(dtype).kind == "f":
    return low - _TOLERANCE, high + _TOLERANCE
  return low, high


def find_problem(
  dtype: str, low: float, high: float, stated: PixelRange | None = None
) -> str | None:
  """Returns why pixels can't be scaled, with what to do, or None.

  Args:
    dtype: of the pixels.
    low: their smallest value.
    high: their largest value.
    stated: `adapter.pixel_range`; any values fit it.
  """
  if stated is not None:
    return None
  least, most = accepted(dtype)
  if low >= least and high <= most:
    return None
  return (
    f"pixels are {dtype} from {low:g} to {high:g}; integers are 0 to 255, floats "
    "0 to 1: scale them, or set adapter.pixel_range to (black, white) of these"
  )
