import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Npz

COVERS = ("npy_column",)


@pytest.fixture(params=[np.savez, np.savez_compressed])
def save(request):
  return request.param


@pytest.mark.usefixtures("in_memory_and_in_files")
def test_arrays_are_read_with_types_that_tensorflow_has(tmp_path, save):
  path = tmp_path / "a.npz"
  save(
    path,
    wide=np.ones((2, 3)),
    text=np.array(["ä", "b"]),
    pixels=np.zeros((2, 4, 4), np.uint8),
    label=np.array([0, 1]),
  )
  examples = Npz(str(path)).read()
  assert examples.specs() == {
    "wide": FeatureSpec("float32", (3,)),
    "text": FeatureSpec("string", ()),
    "pixels": FeatureSpec("uint8", (4, 4)),
  }
  assert examples.features["text"][:].tolist() == ["ä".encode(), b"b"]
  assert examples.labels.tolist() == [0, 1]
  assert len(examples) == 2


@pytest.mark.usefixtures("in_memory_and_in_files")
@pytest.mark.parametrize("order", "CF")
def test_rows_of_any_position_are_those_of_the_array(tmp_path, save, order):
  rng = np.random.default_rng(1)
  held = {
    "x": np.array(rng.normal(size=(50, 3, 2)), order=order),
    "n": rng.integers(0, 200, (50, 7)).astype(np.uint8),
    "t": np.array([["a", "☃" * i] for i in range(50)]),
  }
  path = tmp_path / "a.npz"
  save(path, **held, label=np.arange(50))
  examples = Npz(str(path)).read()
  for rows in (slice(3, 9), slice(0, 50, 7), np.array([49, 0, 7, 7, -1])):
    features, labels = examples.take(rows)
    np.testing.assert_array_equal(features["x"], held["x"][rows].astype("f4"))
    np.testing.assert_array_equal(features["n"], held["n"][rows])
    found = [[t.decode() for t in row] for row in features["t"]]
    assert found == held["t"][rows].tolist()
    np.testing.assert_array_equal(labels, np.arange(50)[rows])


@pytest.mark.usefixtures("in_memory_and_in_files")
def test_a_number_that_float32_does_not_hold_is_refused_when_it_is_read(
  tmp_path, save
):
  path = tmp_path / "a.npz"
  save(path, x=np.array([0.0, 1e300]), label=np.arange(2))
  with pytest.raises(UserError, match="'x' of example 1 is 1e\\+300"):
    Npz(str(path)).read().features["x"][:]


@pytest.mark.parametrize(
  "arrays, kwargs, why",
  [
    ({"x": np.ones(2)}, {}, "has no column 'label'; it has: x"),
    ({"x": np.ones(2), "label": np.ones(3)}, {}, "different lengths"),
    ({"x": np.ones(0), "label": np.ones(0)}, {}, "no examples"),
    ({"x": np.float32(1), "label": np.ones(1)}, {}, "'x' is a scalar"),
    (
      {"x": np.ones(1), "label": np.ones(1)},
      {"features": ["y"]},
      "no column 'y'",
    ),
    ({"label": np.ones(1)}, {}, "has no features"),
  ],
)
def test_a_problem_is_reported(tmp_path, arrays, kwargs, why):
  path = tmp_path / "a.npz"
  np.savez(path, **arrays)
  with pytest.raises(UserError, match=why):
    Npz(str(path), **kwargs).read()


def test_a_broken_file_is_named(tmp_path):
  path = tmp_path / "a.npz"
  path.write_bytes(b"not a zip")
  with pytest.raises(UserError, match="a.npz"):
    Npz(str(path)).read()


def test_pickled_objects_are_not_loaded(tmp_path):
  path = tmp_path / "a.npz"
  np.savez(path, x=np.array([{"a": 1}], object), label=np.ones(1))
  with pytest.raises(UserError, match="allow_pickle"):
    Npz(str(path)).read()


def test_a_missing_file_names_its_neighbours(tmp_path):
  (tmp_path / "train.npz").touch()
  with pytest.raises(UserError, match="did you mean 'train.npz'"):
    Npz(str(tmp_path / "tran.npz")).read()
