"""The comparison of values that one graph computes with those of another."""

import numpy as np

from hub_estimator.tensorflow_runtime import tf

# Both graphs run the same ops on the same weights on one machine, but TensorFlow
# optimizes each on its own: sums are added in another order, and layers are fused.
# A sum of n terms then differs by about sqrt(n) roundings, and m layers, one after
# the other, by sqrt(m) times that, because errors of both signs mostly cancel out:
# 64 x 16 roundings for 256 layers that add up 4,096 terms each. A network of 94
# layers with random weights is at most 200 roundings away from its values in float64
# (tests/exporting/deep_network_test.py).
_ROUNDING = 2.0**-24
_OF_SUMS = 64
_OF_LAYERS = 16
# Halves are added up in float32 and rounded once a layer.
_HALF_ROUNDINGS = {tf.float16: 2.0**-11, tf.bfloat16: 2.0**-8}
# An inner endpoint that nothing reads need not be normalized, as what a head reads
# mostly is. It gets more room.
_UNREAD = 16
_MOST = 2.0**-3
# A difference of equal terms is nothing but roundings of these.
_SMALLEST = 16 * _ROUNDING


class Mismatch(Exception):
  """Values differ; the message, without a subject, says how."""


def bound(dtype: tf.DType, *, read: bool) -> float:
  """Returns by what share of its largest value a float output may differ.

  Args:
    dtype: of the output.
    read: whether the run reads this output.
  """
  of_one_layer = _HALF_ROUNDINGS.get(dtype, _ROUNDING * _OF_SUMS)
  return min(of_one_layer * _OF_LAYERS * (1 if read else _UNREAD), _MOST)


def check_close(got: np.ndarray, expected: np.ndarray, *, read: bool) -> None:
  """Checks that values are equal, floats up to rounding.

  A float may differ by a share of the largest value in its output. One near zero
  is a sum of large terms, too, so its own size says nothing.

  Args:
    got: of the exported graph.
    expected: of the live graph.
    read: whether the run reads this output.

  Raises:
    Mismatch: they aren't.
  """
  check_alike(got, expected, tf.TensorShape(expected.shape))
  dtype = tf.as_dtype(expected.dtype)
  if not (dtype.is_floating or dtype.is_complex):
    if not np.array_equal(got, expected):
      raise Mismatch("differs from the live graph's")
    return
  wide = np.complex128 if dtype.is_complex else np.float64
  one, other = got.astype(wide), expected.astype(wide)
  finite = np.isfinite(other)
  if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
    raise Mismatch("is infinite or NaN in other places than the live graph's")
  difference = np.abs(one[finite] - other[finite]).max(initial=0.0)
  scale = np.abs(other[finite]).max(initial=0.0)
  share = bound(dtype, read=read)
  if not difference <= share * scale + _SMALLEST:
    raise Mismatch(
      f"differs from the live graph's by up to {difference:g}, and its values "
      f"go up to {scale:g}; at most {share:.1e} of that is rounding"
    )


def check_alike(
  got: np.ndarray, expected: np.ndarray, shape: tf.TensorShape
) -> None:
  """Checks that values have the same type and shape.

  Args:
    got: of the exported graph.
    expected: of the live graph.
    shape: the dimensions that must agree; others may be drawn at random, too.

  Raises:
    Mismatch: they don't.
  """
  if got.dtype != expected.dtype:
    raise Mismatch(f"is {got.dtype}, and the live graph's {expected.dtype}")
  if got.ndim != expected.ndim or not shape.is_compatible_with(got.shape):
    raise Mismatch(
      f"has shape {list(got.shape)}, and the live graph's "
      f"{list(expected.shape)}"
    )
