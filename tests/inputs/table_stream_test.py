import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Parquet
from hub_estimator.inputs.table_stream import Table


@pytest.fixture
def write(tmp_path):
  """Returns a function that writes columns to a table and returns its path."""

  def write_table(**columns):
    path = str(tmp_path / "t.parquet")
    parquet.write_table(pa.table(columns), path, row_group_size=5)
    return path

  return write_table


@pytest.mark.parametrize("batch_size", [1, 3, 5, 7, 64, 20000])
def test_all_batches_but_the_last_are_full(write, batch_size):
  path = write(n=np.arange(20000), other=[None] * 20000)
  batches = list(Table(path).batches({"n": FeatureSpec("int32")}, batch_size))
  sizes = [len(batch["n"]) for batch in batches]
  assert set(sizes[:-1]) <= {batch_size}
  assert sum(sizes) == 20000
  found = np.concatenate([batch["n"] for batch in batches])
  np.testing.assert_array_equal(found, np.arange(20000))
  assert found.dtype == np.int32


def test_lists_are_padded_to_the_longest_of_their_batch(write):
  path = write(ids=[[1], [2, 3], [4, 5, 6], [7]])
  spec = FeatureSpec("int64", (None,))
  stream = Table(path)
  assert stream.spec("ids", spec) == spec
  batches = list(stream.batches({"ids": spec}, 2))
  assert [b["ids"].tolist() for b in batches] == [
    [[1, 0], [2, 3]],
    [[4, 5, 6], [7, 0, 0]],
  ]


def test_a_column_is_read_as_wanted_if_it_may_hold_that(write):
  stream = Table(write(i=[1], f=[1.5], t=["a"]))
  wanted = FeatureSpec("float32")
  assert stream.spec("i", wanted) == wanted
  assert stream.spec("t", wanted) == FeatureSpec("string")
  assert stream.spec("f", FeatureSpec("int64")) == wanted
  assert stream.spec("i", None) == FeatureSpec("int64")


def test_what_does_not_fit_is_named(write):
  path = write(i=[1, 300], t=["a", None])
  with pytest.raises(UserError, match=r"row 1: 'i' is 300, and uint8 \[\] is"):
    list(Table(path).batches({"i": FeatureSpec("uint8")}, 2))
  with pytest.raises(UserError, match="'t' is string .*and int64"):
    list(
      Table(path, Parquet(path, defaults={"t": "b"})).batches(
        {"t": FeatureSpec("int64")}, 2
      )
    )
  with pytest.raises(UserError, match="row 1: 't' is null"):
    list(Table(path).batches({"t": FeatureSpec("string")}, 2))
  with pytest.raises(UserError, match="no column 'x'; .*i, t"):
    list(Table(path).batches({"x": FeatureSpec("string")}, 2))


def test_the_readers_defaults_fill_nulls(write):
  path = write(t=["a", None])
  stream = Table(path, Parquet("elsewhere", defaults={"t": "b"}))
  (batch,) = stream.batches({"t": FeatureSpec("string")}, 2)
  assert batch["t"].tolist() == [b"a", b"b"]
