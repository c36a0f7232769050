import numpy as np
import pytest

from hub_estimator.stores import ColumnWriter, OtherType
from hub_estimator.stores.columns import open_values
from hub_estimator.stores.mapped import Pages


@pytest.fixture
def write(tmp_path):
  """Returns a function that writes blocks and returns (description, values)."""

  def write_blocks(*blocks):
    writer = ColumnWriter(tmp_path, 0)
    for block in blocks:
      writer.append(*(block if isinstance(block, tuple) else (block,)))
    described = writer.close()
    return described, open_values(tmp_path, 0, described, Pages())

  return write_blocks


@pytest.mark.parametrize("dtype", ["int64", "float32", "uint8", "uint64"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_numbers_come_back_as_they_were_written(write, dtype, shape):
  rng = np.random.default_rng(1)
  blocks = [
    rng.integers(0, 200, (rows, *shape)).astype(dtype) for rows in (4, 1, 7)
  ]
  described, values = write(*blocks)
  whole = np.concatenate(blocks)
  assert described == {
    "dtype": dtype,
    "shape": list(whole.shape),
    "ragged": False,
  }
  rows = np.array([11, 0, 5, 5])
  np.testing.assert_array_equal(values[:], whole)
  np.testing.assert_array_equal(values[rows], whole[rows])
  assert values[rows].dtype == dtype


def test_floats_behind_integers_make_one_column_as_numpy_does(write):
  integers = np.array([1, 2**53 + 1, -(2**60)])
  floats = np.array([0.1, np.nan], np.float32)
  described, values = write(integers, floats, np.array([3]))
  assert described["dtype"] == "float32"
  np.testing.assert_array_equal(
    values[:],
    np.array([*integers.tolist(), *floats.tolist(), 3]).astype(np.float32),
  )


def test_text_of_any_length_comes_back_by_position(write):
  words = np.array([b"", b"a\x00b", "☃".encode(), b"", b"x" * 9999], object)
  described, values = write(words[:2], words[2:])
  assert described == {"dtype": "string", "shape": [5], "ragged": False}
  assert values[:].tolist() == words.tolist()
  assert values[np.array([4, 0, 2])].tolist() == words[[4, 0, 2]].tolist()


def test_lists_of_one_length_become_a_dimension_and_others_stay_lists(write):
  same = np.array([[1, 2], [3, 4]])
  described, _ = write(same, same)
  assert described == {"dtype": "int64", "shape": [4, 2], "ragged": False}
  described, values = write(same, (np.array([5, 6, 7]), [3, 0]))
  assert described == {"dtype": "int64", "shape": [7], "ragged": True}
  assert values[:].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_values_are_numbered_anew_when_the_column_is_finished(tmp_path):
  writer = ColumnWriter(tmp_path, 0)
  writer.append(np.array([0, 1, 2]))
  writer.append(np.array([2, 0]))
  writer.renumber(np.array([7, 5, 6]))
  values = open_values(tmp_path, 0, writer.close(), Pages())
  assert values[:].tolist() == [7, 5, 6, 6, 7]


@pytest.mark.parametrize(
  "later",
  [
    np.array([b"a"], object),
    np.array([[1]]),
    (np.array([[1]]), [1]),
  ],
  ids=["text", "lists", "lists of lists"],
)
def test_a_block_of_another_kind_is_refused(tmp_path, later):
  writer = ColumnWriter(tmp_path, 0)
  writer.append(np.array([1, 2]))
  with pytest.raises(OtherType):
    writer.append(*(later if isinstance(later, tuple) else (later,)))


def test_discarded_files_are_gone(tmp_path):
  writer = ColumnWriter(tmp_path, 0)
  writer.append(np.array([b"a"], object))
  writer.discard()
  assert not list(tmp_path.iterdir())
