import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, open_stream
from tests.inputs.streams_test import read


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, bool])
def test_arrays_come_as_they_are_stored(tmp_path, dtype):
  array = np.arange(24).reshape(4, 3, 2).astype(dtype)
  np.savez_compressed(tmp_path / "a.npz", a=array, b=np.asfortranarray(array))
  batches = read(tmp_path / "a.npz", batch_size=3)
  for name in "ab":
    found = np.concatenate([b[name] for b in batches])
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
  ("arrays", "problem"),
  [
    ({}, "holds no arrays"),
    ({"a": np.float32(1)}, "holds a scalar"),
    ({"a": np.zeros(2), "b": np.zeros(3)}, "different lengths"),
    ({"a": np.zeros((0, 2))}, "has no rows"),
    ({"a": np.array([{}, []], dtype=object)}, "Python objects"),
  ],
)
def test_an_npz_file_without_rows_is_refused(tmp_path, arrays, problem):
  np.savez(tmp_path / "a.npz", **arrays)
  with pytest.raises(UserError, match=problem):
    open_stream(str(tmp_path / "a.npz"), "test")


def test_a_file_that_is_no_npz_is_refused(tmp_path):
  (tmp_path / "a.npz").write_bytes(b"no")
  with pytest.raises(UserError, match="a.npz: "):
    open_stream(str(tmp_path / "a.npz"), "test")


def test_an_array_of_another_type_is_refused(tmp_path):
  np.savez(tmp_path / "a.npz", a=np.zeros((2, 3)))
  for spec in (
    FeatureSpec("string", (3,)),
    FeatureSpec("int64", (3,)),
    FeatureSpec("float32", (4,)),
    FeatureSpec("float32"),
  ):
    with pytest.raises(UserError, match=r"'a' is float64 \[3\], and .* wanted"):
      read(tmp_path / "a.npz", {"a": spec})
  with pytest.raises(UserError, match="no array 'b'; it has: a"):
    read(tmp_path / "a.npz", {"b": spec})
