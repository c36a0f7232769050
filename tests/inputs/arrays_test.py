import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays


def test_strings_are_bytes_in_an_array_of_objects():
  array = arrays.strings(["ü", b"\x00\xff", ""])
  assert array.dtype == object
  assert array.tolist() == ["ü".encode(), b"\x00\xff", b""]


def test_a_column_of_several_kinds_is_refused():
  with pytest.raises(UserError, match="all text or all numbers"):
    arrays.column("c", [1, "a"], "here")


def test_text_of_any_shape_becomes_bytes():
  text = arrays.text_of(np.array([["ü", "b"], ["c", ""]]))
  assert text.tolist() == [["ü".encode(), b"b"], [b"c", b""]]


@pytest.mark.parametrize(
  ("values", "why"),
  [
    ([["a", "b"], ["a", 1]], "of line 8 holds text and numbers"),
    ([["a", "b"], [1, 2]], r"is \[1, 2\] in line 8 and \['a', 'b'\] in line 7"),
    ([[[1, 2]], [["a", 2]]], "of line 8 holds text and numbers"),
    ([1, 2**63], "of line 8 is 9223372036854775808, which int64"),
    ([-1, 2**63], "of line 8 is 9223372036854775808, which int64"),
    ([0.5, 2**64], "of line 8 is 18446744073709551616, which int64"),
    ([[1, 2], [1, -(2**63) - 1]], "of line 8 is -9223372036854775809"),
    ([1, 1e300], r"of line 8 is 1e\+300, which float32 doesn't"),
    ([[1, 2], [1, None]], r"of line 8 is \[1, None\]"),
  ],
)
def test_values_that_numpy_would_change_are_refused_with_their_line(
  values, why
):
  with pytest.raises(UserError, match=why):
    arrays.column("c", values, "here", [7, 8])


def test_the_ends_of_int64_and_infinity_are_kept():
  ends = [2**63 - 1, -(2**63)]
  assert arrays.column("c", ends, "here").tolist() == ends
  assert arrays.column("c", [np.inf, 1.0], "here").tolist() == [np.inf, 1.0]


@pytest.mark.parametrize(
  ("values", "dtype", "row"),
  [
    (np.array([1, 300]), np.uint8, 1),
    (np.array([-1, 3]), np.uint64, 0),
    (np.array([2**63], np.uint64), np.int64, 0),
    (np.array([0, 2**24 + 1]), np.float32, 1),
    (np.array([[0, 1], [2, 256]]), np.uint8, 1),
    (np.array([0.5]), np.int64, 0),
    (np.array([0.1, 1e300]), np.float32, 1),
    (np.array([0.1, np.inf]), np.float32, None),
    (np.array([1, 255]), np.uint8, None),
    (np.array([], np.int64), np.uint8, None),
  ],
)
def test_the_first_row_that_a_cast_changes_is_found(values, dtype, row):
  with np.errstate(all="ignore"):
    assert arrays.changed_row(values, values.astype(dtype)) == row


def test_lists_that_differ_within_are_named(tmp_path):
  rows = [[[1, 2], [3]], [[5, 6]]]
  with pytest.raises(UserError, match="lists in a column have one depth"):
    arrays.feature("x", rows, "a.jsonl", [1, 2])
