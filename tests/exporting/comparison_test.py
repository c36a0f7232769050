import ml_dtypes
import numpy as np
import pytest

from hub_estimator.exporting.comparison import (
  Mismatch,
  bound,
  check_alike,
  check_close,
)
from hub_estimator.tensorflow_runtime import tf


def _float32(*values):
  return np.array(values, np.float32)


def test_a_float_may_differ_by_a_share_of_its_outputs_largest_value():
  share = bound(tf.float32, read=True)
  large = _float32(100.0, 0.0)
  check_close(large + np.float32(80 * share), large, read=True)
  with pytest.raises(
    Mismatch, match=r"by up to .* go up to 100; at most 6.1e-05"
  ):
    check_close(large + np.float32(120 * share), large, read=True)


def test_small_outputs_are_held_to_their_own_scale():
  small = _float32(1e-3, 5e-4)
  check_close(small * np.float32(1 + 1e-5), small, read=True)
  with pytest.raises(Mismatch, match="by up to"):
    check_close(small * np.float32(1 + 3e-3), small, read=True)


def test_what_the_run_reads_has_the_tighter_bound():
  expected = _float32(1.0, -10.0)
  got = expected + np.float32(2e-3)
  check_close(got, expected, read=False)
  with pytest.raises(
    Mismatch, match=r"by up to 0.00\d+, .* 10; at most 6.1e-05"
  ):
    check_close(got, expected, read=True)


def test_differences_of_equal_terms_may_be_roundings_of_one():
  check_close(_float32(5e-7), _float32(0.0), read=True)
  with pytest.raises(Mismatch, match="by up to"):
    check_close(_float32(2e-6), _float32(0.0), read=True)


@pytest.mark.parametrize(
  ("dtype", "rounding"), [(np.float16, 2**-10), (ml_dtypes.bfloat16, 2**-7)]
)
def test_halves_have_roundings_of_their_own(dtype, rounding):
  expected = np.array([1.0, 0.5], dtype)
  check_close(expected * dtype(1 + rounding), expected, read=True)
  with pytest.raises(Mismatch, match="by up to 0.25"):
    check_close(expected + dtype(0.25), expected, read=True)


def test_no_bound_lets_everything_through():
  for dtype in (tf.float16, tf.bfloat16, tf.float32, tf.float64):
    assert bound(dtype, read=True) < bound(dtype, read=False) <= 1 / 8


def test_infinities_and_nan_are_compared_by_place():
  odd = _float32(np.inf, np.nan, 1.0)
  check_close(odd, odd, read=True)
  for other in (_float32(-np.inf, np.nan, 1.0), _float32(np.inf, 0.0, 1.0)):
    with pytest.raises(Mismatch, match="infinite or NaN in other places"):
      check_close(other, odd, read=True)
    with pytest.raises(Mismatch, match=r"in other places|by up to"):
      check_close(odd, other, read=True)


def test_complex_numbers_are_floats():
  expected = np.array([1 + 1j], np.complex64)
  check_close(expected * (1 + 1e-6), expected, read=True)
  with pytest.raises(Mismatch, match="by up to"):
    check_close(expected.conj(), expected, read=True)


@pytest.mark.parametrize("values", [[1, 2], [True, False], [b"a", b"b"]])
def test_all_other_types_are_equal_or_not(values):
  expected = np.array(values, object if values[0] == b"a" else None)
  check_close(expected.copy(), expected, read=True)
  with pytest.raises(Mismatch, match="differs from the live graph's"):
    check_close(expected[::-1], expected, read=False)


def test_random_values_have_the_shape_that_is_known_before():
  drawn, again = np.zeros([4, 3]), np.ones([2, 3])
  check_alike(again, drawn, tf.TensorShape([None, 3]))
  with pytest.raises(Mismatch, match=r"shape \[2, 3\], and .* \[4, 3\]"):
    check_alike(again, drawn, tf.TensorShape([4, 3]))
  with pytest.raises(
    Mismatch, match="is float32, and the live graph's float64"
  ):
    check_alike(again.astype(np.float32), drawn, tf.TensorShape([None, 3]))
