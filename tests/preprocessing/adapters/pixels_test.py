import pytest

from hub_estimator.preprocessing.adapters import pixels


@pytest.mark.parametrize(
  ("dtype", "expected"),
  [
    ("uint8", (0.0, 255.0)),
    ("int64", (0.0, 255.0)),
    ("uint16", (0.0, 255.0)),
    ("float32", (0.0, 1.0)),
    ("float64", (0.0, 1.0)),
    ("bool", (0.0, 1.0)),
  ],
)
def test_the_range_goes_by_the_dtype_unless_it_is_stated(dtype, expected):
  assert pixels.range_of(dtype) == expected
  assert pixels.range_of(dtype, (-1, 1)) == (-1.0, 1.0)


@pytest.mark.parametrize(
  ("dtype", "low", "high", "right"),
  [
    ("int64", 0, 255, True),
    ("int64", 0, 256, False),
    ("int16", -1, 9, False),
    ("float32", 0, 1, True),
    ("float32", 0, 1.00001, True),
    ("float32", 0, 1.1, False),
    ("float32", -1, 1, False),
    ("float32", 0, float("inf"), False),
  ],
)
def test_pixels_beyond_their_range_are_a_problem(dtype, low, high, right):
  problem = pixels.find_problem(dtype, low, high)
  assert (problem is None) is right
  assert right or problem.startswith(f"pixels are {dtype} from {low:g} to ")
  assert pixels.find_problem(dtype, low, high, (0, 1)) is None
