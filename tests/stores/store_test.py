"""Rows come back by position as they were written."""

import numpy as np
import pytest

from hub_estimator import stores

COVERS = ("rows", "writing")


def _text(*values):
  array = np.empty(len(values), object)
  array[:] = values
  return array


def _write(directory, *blocks, wider=None, sides=()):
  directory.mkdir(exist_ok=True)
  writer = stores.StoreWriter(directory, wider or {})
  for block in blocks:
    writer.append(
      {n: v if isinstance(v, tuple) else (v, None) for n, v in block.items()}
    )
  for values in sides:
    writer.append_side("label", values)
  writer.close({"notes": ["odd"]})
  return stores.read(directory)


@pytest.mark.parametrize("with_text", [False, True])
@pytest.mark.parametrize("dtype", ["int64", "float32", "uint8", "uint64"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_numbers(tmp_path, dtype, shape, with_text):
  rng = np.random.default_rng(1)
  blocks = [
    {"x": rng.integers(0, 200, (rows, *shape)).astype(dtype)}
    for rows in (4, 1, 7)
  ]
  whole = np.concatenate([block["x"] for block in blocks])
  if with_text:
    blocks = [{"t": _text(*[b"a"] * len(b["x"])), **b} for b in blocks]
  column = _write(tmp_path, *blocks).columns["x"]
  assert (len(column), column.field.dtype, column.field.inner) == (
    12,
    dtype,
    shape,
  )
  for rows in (
    slice(None),
    slice(3, 6),
    slice(1, 12, 4),
    slice(6, 3),
    np.array([11, 0, 5, 5]),
    np.array([-1, -12]),
    np.array([], np.int64),
  ):
    found, lengths = column.read(rows)
    np.testing.assert_array_equal(found, whole[rows])
    assert found.dtype == dtype
    assert lengths is None


def test_text_of_any_length(tmp_path):
  words = [b"", b"a\x00b", "☃".encode(), b"", b"x" * 99999]
  more = [b"1", b"", b"22", b"3", b""]
  store = _write(
    tmp_path,
    {"w": _text(*words[:2]), "m": _text(*more[:2])},
    {"w": _text(*words[2:]), "m": _text(*more[2:])},
  )
  for name, wanted in (("w", words), ("m", more)):
    column = store.columns[name]
    assert column.read(slice(None))[0].tolist() == wanted
    assert column.read(np.array([4, 0, 2]))[0].tolist() == [
      wanted[i] for i in (4, 0, 2)
    ]


def test_text_in_arrays_of_one_shape(tmp_path):
  words = _text(*[b"a" * i for i in range(12)]).reshape(3, 2, 2)
  column = _write(tmp_path, {"w": words}).columns["w"]
  assert column.field.inner == (2, 2)
  found, _ = column.read(np.array([2, 0]))
  assert found.tolist() == words[[2, 0]].tolist()


@pytest.mark.parametrize("inner", [(), (2,)])
@pytest.mark.parametrize("is_text", [False, True])
def test_lists_that_differ_in_length(tmp_path, inner, is_text):
  lengths = np.array([2, 0, 3])
  values = np.arange(5 * int(np.prod(inner))).reshape(5, *inner)
  if is_text:
    values = _text(*[b"a" * i for i in values.ravel()]).reshape(values.shape)
  store = _write(tmp_path, {"l": (values, lengths), "n": np.arange(3)})
  column = store.columns["l"]
  assert column.lengths.tolist() == [2, 0, 3]
  found, sizes = column.read(np.array([2, 1, 0]))
  assert sizes.tolist() == [3, 0, 2]
  assert found.tolist() == [*values[2:].tolist(), *values[:2].tolist()]
  assert store.columns["n"].read(np.array([2, 1, 0]))[0].tolist() == [2, 1, 0]


def test_a_column_is_made_wider_as_later_values_need_it(tmp_path):
  integers = np.array([1, 2**53 + 1, -(2**60)])
  floats = np.array([0.1, np.nan], np.float32)
  with pytest.raises(stores.WiderType) as wider:
    _write(tmp_path / "a", {"x": integers}, {"x": floats})
  store = _write(
    tmp_path / "b",
    {"x": integers},
    {"x": floats},
    {"x": np.array([3])},
    wider={wider.value.column: {wider.value.way}},
  )
  np.testing.assert_array_equal(
    store.columns["x"].read(slice(None))[0],
    np.array([*integers.tolist(), *floats.tolist(), 3]).astype(np.float32),
  )


@pytest.mark.parametrize(
  "later", [np.array([[5]]), (np.array([5, 6, 7]), np.array([3, 0]))]
)
def test_lists_of_one_length_become_lists_of_any(tmp_path, later):
  first = np.array([[1, 2], [3, 4]])
  with pytest.raises(stores.WiderType) as wider:
    _write(tmp_path / "a", {"x": first}, {"x": later})
  column = _write(
    tmp_path / "b",
    {"x": first},
    {"x": later},
    wider={"x": {wider.value.way}},
  ).columns["x"]
  assert column.lengths.tolist()[:3] == [
    2,
    2,
    3 if isinstance(later, tuple) else 1,
  ]
  assert column.read(slice(None))[0].tolist()[:5] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
  "later",
  [
    {"x": _text(b"a")},
    {"x": np.array([[1]])},
    {"x": (np.array([[1]]), np.array([1]))},
    {"x": np.array([1], np.uint8)},
    {"x": np.array([1]), "y": np.array([1])},
    {},
  ],
  ids=["text", "lists", "lists of lists", "bytes", "more", "none"],
)
def test_a_block_of_another_kind_is_refused(tmp_path, later):
  with pytest.raises(stores.OtherType):
    _write(tmp_path, {"x": np.array([1, 2])}, later)


def test_facts_of_numbers_are_gathered(tmp_path):
  store = _write(
    tmp_path,
    {
      "x": np.array([[1.5, np.nan], [np.inf, -np.inf]], np.float32),
      "l": (np.array([1.0, np.nan, 7.0]), np.array([0, 3])),
      "t": _text(b"a", b"b"),
    },
    {
      "x": np.array([[0.5, 4.0]], np.float32),
      "l": (np.array([-2.0]), np.array([1])),
      "t": _text(b"c"),
    },
  )
  facts = {name: column.facts for name, column in store.columns.items()}
  assert facts["x"] == stores.NumberFacts((0.5, 4.0), 2)
  assert facts["l"] == stores.NumberFacts((-2.0, 7.0), 1)
  assert facts["t"] is None


def test_side_columns_are_arrays(tmp_path):
  store = _write(
    tmp_path,
    {"x": np.array([1, 2, 3])},
    sides=[np.array([[1, 2]]), np.array([[3, 4], [5, 6]])],
  )
  assert store.sides["label"].tolist() == [[1, 2], [3, 4], [5, 6]]
  assert store.facts == {"notes": ["odd"]}


def test_a_row_that_does_not_exist_is_an_error(tmp_path):
  column = _write(tmp_path, {"x": np.array([1, 2])}).columns["x"]
  for row in (2, -3):
    with pytest.raises(IndexError):
      column.read(np.array([row]))


@pytest.fixture
def written(tmp_path):
  _write(
    tmp_path,
    {
      "t": _text(b"a", b"bc", b""),
      "l": (np.array([1, 2]), np.array([0, 2, 0])),
    },
    sides=[np.arange(3)],
  )
  return tmp_path


@pytest.mark.parametrize(
  "name", ["rows", "starts", "lengths.1", "side.0", "store.json"]
)
def test_a_damaged_store_is_none(written, name):
  path = written / name
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 0xFF
  path.write_bytes(content)
  assert stores.read(written) is None


@pytest.mark.parametrize("name", ["rows", "starts", "store.json"])
def test_a_store_that_lacks_a_file_or_its_end_is_none(written, name):
  path = written / name
  path.write_bytes(path.read_bytes()[:-1])
  assert stores.read(written) is None
  path.unlink()
  assert stores.read(written) is None


def test_a_store_is_read_while_its_files_are_removed(written):
  store = stores.read(written)
  for path in written.iterdir():
    path.unlink()
  assert store.columns["t"].read(slice(None))[0].tolist() == [b"a", b"bc", b""]
  assert store.columns["l"].lengths.tolist() == [0, 2, 0]


def test_discarded_files_are_gone(tmp_path):
  writer = stores.StoreWriter(tmp_path, {})
  writer.append({"t": (_text(b"a"), None)})
  writer.append_side("label", np.array([1]))
  writer.discard()
  assert not list(tmp_path.iterdir())
