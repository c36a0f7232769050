import numpy as np
import pytest

from hub_estimator.inputs.columns import Chained, Files, Selected

ROWS = [slice(0, 2), slice(None), np.array([3, 0, 3]), np.array([], np.int64)]
A = np.arange(8).reshape(4, 2)
B = np.arange(100, 106).reshape(3, 2)


@pytest.mark.parametrize("rows", ROWS)
def test_selected_rows_are_numpys(rows):
  indices = np.array([2, 2, 0, 1, 3])
  column = Selected(A, indices)
  np.testing.assert_array_equal(column[rows], A[indices][rows])
  assert (column.dtype, column.shape, len(column)) == (A.dtype, (5, 2), 5)


@pytest.mark.parametrize("rows", [*ROWS, np.array([6, 4, 0, 3, 5])])
def test_chained_rows_are_numpys(rows):
  column = Chained([A, B])
  np.testing.assert_array_equal(column[rows], np.concatenate([A, B])[rows])
  assert (column.dtype, column.shape, len(column)) == (A.dtype, (7, 2), 7)


def test_files_are_read_on_request(tmp_path):
  paths = [tmp_path / name for name in "abc"]
  column = Files(list(map(str, paths)))
  for path in paths:
    path.write_bytes(path.name.encode() * 2)
  assert column[np.array([2, 0])].tolist() == [b"cc", b"aa"]
  assert column[0:2].tolist() == [b"aa", b"bb"]
  assert Selected(Chained([column, column]), np.array([5, 1]))[:].tolist() == [
    b"cc",
    b"bb",
  ]
