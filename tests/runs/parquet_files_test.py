"""Parquet files of outputs: typed columns, written group by group."""

import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.runs import predictions
from hub_estimator.runs.parquet_files import ListType, write_parquet
from hub_estimator.tensorflow_runtime import tf

pytestmark = pytest.mark.newest


def lists(*values):
  column = np.empty(len(values), dtype=object)
  column[:] = values
  return column


def written(tmp_path, *batches, types=()):
  path = tmp_path / "out.parquet"
  count = write_parquet(str(path), batches, dict(types))
  table = pq.read_table(path)
  assert len(table) == count
  return table


@pytest.mark.parametrize(
  "dtype", ["float16", "float32", "float64", "int8", "int64", "uint8", "bool"]
)
@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 2, 1, 2), (3, 0)])
def test_arrays_keep_their_types_and_values(tmp_path, dtype, shape):
  values = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
  table = written(tmp_path, {"x": values}, {"x": values[:1]})
  assert table["x"].to_pylist() == [*values.tolist(), *values[:1].tolist()]
  kind = table.schema.field("x").type
  for _ in shape[1:]:
    kind = kind.value_type
  assert kind == pa.from_numpy_dtype(np.dtype(dtype))


def test_text_is_text_and_odd_numbers_stay_numbers(tmp_path):
  table = written(
    tmp_path,
    {
      "text": np.array([b"\xc3\xbc", "a\0"], dtype=object),
      "number": np.array([np.nan, np.inf]),
    },
  )
  assert table["text"].to_pylist() == ["ü", "a\0"]
  assert str(table.schema.field("text").type) == "string"
  np.testing.assert_array_equal(table["number"], [np.nan, np.inf])


def test_bfloat16_is_written_as_float32(tmp_path):
  values = np.array([[1.5, -2.0]]).astype(tf.bfloat16.as_numpy_dtype)
  table = written(tmp_path, {"x": values})
  assert table["x"].to_pylist() == [[1.5, -2.0]]
  assert str(table.schema.field("x").type.value_type) == "float"


def test_lists_have_their_type_also_if_the_first_are_empty(tmp_path):
  types = {"x": ListType("float32", 2), "y": ListType("string", 1)}
  table = written(
    tmp_path,
    {"x": lists([], []), "y": lists([], [])},
    {"x": lists([[1.0], []]), "y": lists(["a"])},
    types=types,
  )
  assert table["x"].to_pylist() == [[], [], [[1.0], []]]
  assert table["y"].to_pylist() == [[], [], ["a"]]
  assert str(table.schema.field("x").type.value_type.value_type) == "float"


@pytest.mark.parametrize("text", [False, True])
def test_arrays_that_differ_in_shape_have_the_type_of_those_that_do_not(
  tmp_path, text
):
  """As the labels of words in two batches of sentences."""
  rows = [np.zeros((n, 2), np.float32) for n in (0, 0, 3, 1, 2, 2)]
  if text:
    rows = [row.astype(str).astype(object) for row in rows]
  given = [{"x": row} for row in rows]
  table = written(tmp_path, *predictions.in_batches(iter(given), 2))
  assert table["x"].to_pylist() == [row.tolist() for row in rows]
  value = table.schema.field("x").type.value_type.value_type
  assert str(value) == ("string" if text else "float")


def test_rows_of_any_length_are_one_column(tmp_path):
  table = written(tmp_path, {"x": np.zeros((1, 2))}, {"x": np.ones((1, 3))})
  assert table["x"].to_pylist() == [[0, 0], [1, 1, 1]]


@pytest.mark.parametrize(
  ("values", "kind"),
  [
    (np.array([b"\xff"], dtype=object), None),
    (lists(["a"], [{"b64": "/w=="}]), ListType("string", 1)),
    (lists([1], ["a"]), ListType("int64", None)),
  ],
)
def test_what_it_does_not_hold_is_refused_and_leaves_no_file(
  tmp_path, values, kind
):
  with pytest.raises(
    UserError, match="'x' has strings that aren't UTF-8, or lis"
  ):
    written(tmp_path, {"x": values}, types={"x": kind} if kind else {})
  assert list(tmp_path.iterdir()) == []


def test_batches_of_two_types_are_refused(tmp_path):
  with pytest.raises(
    UserError, match="is int64 in some rows and double in other"
  ):
    written(tmp_path, {"x": np.zeros(1)}, {"x": np.zeros(1, int)})


def test_memory_stays_flat_and_small_batches_share_groups(tmp_path):
  row = np.random.default_rng(0).random((64, 512), np.float32)

  def peak(batches):
    tracemalloc.start()
    written = write_parquet(
      str(tmp_path / "out.parquet"), ({"x": row} for _ in range(batches)), {}
    )
    assert written == 64 * batches
    return tracemalloc.get_traced_memory()[1]

  few, many = peak(50), peak(1000)
  tracemalloc.stop()
  assert many < few + (4 << 20)
  groups = pq.ParquetFile(tmp_path / "out.parquet").num_row_groups
  assert 5 <= groups <= 10


def test_the_file_is_an_input_again(tmp_path):
  values = np.random.default_rng(0).random((5, 3), np.float32)
  write_parquet(str(tmp_path / "out.parquet"), [{"x": values}], {})
  stream = inputs.open_stream(str(tmp_path / "out.parquet"), "apply")
  (batch,) = stream.batches({"x": stream.spec("x", None)}, 10)
  np.testing.assert_array_equal(batch["x"], values)
