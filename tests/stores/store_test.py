import numpy as np
import pytest

from hub_estimator import stores

COVERS = ("columns",)


@pytest.fixture
def written(tmp_path):
  writer = stores.StoreWriter(tmp_path)
  writer.column("n").append(np.arange(5))
  writer.column("t").append(np.array([b"a", b"bc", b"", b"d", b"e"], object))
  writer.column("l").append(np.arange(4), [1, 3, 0, 0, 0])
  writer.close({"notes": ["odd"]})
  return tmp_path


def test_columns_lengths_and_facts_are_read(written):
  store = stores.read(written)
  assert store.facts == {"notes": ["odd"]}
  assert list(store.columns) == ["n", "t", "l"]
  assert store.columns["n"].lengths is None
  assert store.columns["t"].values[1:3].tolist() == [b"bc", b""]
  assert store.columns["l"].lengths.tolist() == [1, 3, 0, 0, 0]


def test_what_is_read_is_a_copy(written):
  values = stores.read(written).columns["n"].values
  values[np.array([1, 2])][:] = 9
  assert values[:].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["0.values", "1.ends", "store.json"])
def test_a_damaged_store_is_none(written, name):
  path = written / name
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 0xFF
  path.write_bytes(content)
  assert stores.read(written) is None


@pytest.mark.parametrize("name", ["0.values", "2.lengths", "store.json"])
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
  assert store.columns["n"].values[:].tolist() == [0, 1, 2, 3, 4]
