import numpy as np
import pyarrow as pa
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Ragged, arrow_arrays


def _read(column):
  return arrow_arrays.read("c", column, lambda row: f"row {row}")


def test_nulls_are_found_also_inside_of_lists():
  flat = pa.array([1, None, 3])
  lists = pa.array([[1], None, [2, None], []])
  assert arrow_arrays.find_null(flat).tolist() == [False, True, False]
  assert arrow_arrays.find_null(lists).tolist() == [False, True, True, False]
  assert arrow_arrays.lengths(lists) == {0, 1, 2}


@pytest.mark.parametrize("first", [0, 3])
def test_a_slice_is_read_alone(first):
  words = ["a", "b", "c", "d", "e"]
  column = pa.array([[w] * (i % 2 + 1) for i, w in enumerate(words)])
  found = _read(column.slice(first, 2))
  assert isinstance(found, Ragged)
  assert found[:].tolist() == [
    [w.encode() if j <= i % 2 else b"" for j in range(2)]
    for i, w in list(enumerate(words))[first : first + 2]
  ]


def test_large_and_fixed_types_are_read_as_the_others():
  for kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary()):
    assert _read(pa.array([b"a", b"bc"]).cast(kind)).tolist() == [b"a", b"bc"]
  assert _read(pa.array([b"ab"], pa.binary(2))).tolist() == [b"ab"]
  fixed = pa.array([[1, 2], [3, 4]], pa.list_(pa.int64(), 2))
  assert _read(fixed).tolist() == [[1, 2], [3, 4]]
  large = pa.array([[1, 2], [3, 4]], pa.large_list(pa.int64()))
  assert _read(large).tolist() == [[1, 2], [3, 4]]


def test_halves_become_float32_without_loss():
  halves = np.array([0.5, 65504, np.inf], np.float16)
  found = _read(pa.array(halves))
  assert found.dtype == np.float32
  np.testing.assert_array_equal(found, halves.astype(np.float32))


def test_what_cannot_be_read_names_its_row():
  with pytest.raises(UserError, match="row 1: 'c' is -1e\\+39"):
    _read(pa.array([[1.0], [-1e39]]))
  with pytest.raises(UserError, match="'c' differ in length"):
    _read(pa.array([[[1], [2, 3]]]))
  with pytest.raises(UserError, match="'c' is struct"):
    _read(pa.array([{"a": 1}]))
