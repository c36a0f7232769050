"""A module's ragged outputs are written as lists."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from hub_estimator import runs, testing
from hub_estimator.errors import UserError
from hub_estimator.runs.ragged_outputs import put_together, take_apart
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo

# Files of the room that these tests cover, beside their own.
COVERS = ("row_outputs",)


def test_any_number_of_ragged_dimensions_comes_back_as_lists():
  rows = [[[b"a", b"b"], []], [], [[b"c"]]]
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = {
      "words": tf.ragged.constant(rows),
      "pairs": tf.RaggedTensor.from_row_lengths(
        tf.reshape(tf.range(6.0), [3, 2]), [1, 0, 2]
      ),
      "x": tf.ones([3, 2]),
    }
    found = put_together(session.run(take_apart(outputs)))
  assert found["words"].tolist() == [[["a", "b"], []], [], [["c"]]]
  assert found["words_length"].tolist() == [2, 0, 1]
  assert found["pairs"].tolist() == [[[0, 1]], [], [[2, 3], [4, 5]]]
  np.testing.assert_array_equal(found["x"], np.ones([3, 2]))


def test_rows_of_equal_length_stay_lists():
  with tf.Graph().as_default(), tf.Session() as session:
    even = tf.ragged.constant([[1, 2], [3, 4]])
    found = put_together(session.run(take_apart({"even": even})))
  assert found["even"].tolist() == [[1, 2], [3, 4]]
  assert found["even"].shape == (2,)


@pytest.fixture(scope="module")
def detector(tmp_path_factory) -> str:
  return module_zoo.detector(tmp_path_factory.mktemp("m") / "detector")


@pytest.fixture
def images(tmp_path) -> np.ndarray:
  pixels = np.random.default_rng(0).random((7, 8, 8, 3), np.float32)
  np.savez(tmp_path / "images.npz", images=pixels)
  return pixels


def test_a_detectors_boxes_are_those_of_hub_itself(detector, images, tmp_path):
  path, out = str(tmp_path / "images.npz"), tmp_path / "out.jsonl"
  assert runs.apply_to_file(detector, path, str(out), batch_size=3) == 7
  written = [json.loads(line) for line in out.read_text().splitlines()]
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(detector)
    outputs = module(tf.constant(images), as_dict=True)
    session.run(tf.global_variables_initializer())
    expected = session.run(outputs)
  for i, row in enumerate(written):
    boxes = expected["boxes"].to_list()[i]
    assert row["boxes_length"] == len(boxes) == row["names_length"]
    np.testing.assert_allclose(
      np.reshape(row["boxes"], [-1, 4]), np.reshape(boxes, [-1, 4]), rtol=1e-5
    )
    names = expected["names"].to_list()[i]
    assert row["names"] == [name.decode() for name in names]
    np.testing.assert_allclose(
      row["features"], expected["features"][i], rtol=1e-5
    )
  assert len({row["names_length"] for row in written}) > 1
  arrays = runs.apply(detector, path)
  assert arrays["names"].tolist() == [row["names"] for row in written]


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_parquet_holds_lists_of_the_types_of_the_module(
  detector, tmp_path, batch_size
):
  path, out = str(tmp_path / "images.npz"), tmp_path / "out.parquet"
  runs.apply_to_file(detector, path, str(out), batch_size=batch_size)
  table = pq.read_table(out)
  assert {
    name: str(table.schema.field(name).type) for name in table.schema.names
  } == {
    "boxes": "list<element: list<element: float>>",
    "boxes_length": "int64",
    "features": "list<element: float>",
    "names": "list<element: string>",
    "names_length": "int64",
    "scores": "list<element: float>",
    "scores_length": "int64",
  }
  expected = runs.apply(detector, path)
  for name in table.schema.names:
    found = table[name].to_pylist()
    assert len(found) == 7
    for one, other in zip(found, expected[name].tolist(), strict=True):
      if name == "names":
        assert one == other
      else:
        np.testing.assert_allclose(
          np.ravel(one).astype(float), np.ravel(other).astype(float), rtol=1e-5
        )


def test_numbers_in_lists_stay_numbers():
  with tf.Graph().as_default(), tf.Session() as session:
    odd = tf.ragged.constant([[float("nan")], [float("inf"), 1.0]])
    found = put_together(session.run(take_apart({"odd": odd})))
  assert np.isnan(found["odd"][0][0])
  assert found["odd"][1] == [float("inf"), 1.0]


@pytest.mark.usefixtures("images")
def test_ragged_outputs_are_no_arrays(detector, tmp_path):
  with pytest.raises(
    UserError, match="'boxes' is composite .* a .jsonl or .parquet"
  ):
    runs.apply_to_file(
      detector, str(tmp_path / "images.npz"), str(tmp_path / "out.npz")
    )
  runs.apply_to_file(
    detector,
    str(tmp_path / "images.npz"),
    str(tmp_path / "out.npz"),
    outputs=["features"],
  )


@pytest.mark.usefixtures("numbers_npz")
def test_sparse_outputs_are_refused(numbers_npz, tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    scaled = x * tf.get_variable("scale", [4])
    hub.add_signature(inputs={"x": x}, outputs=tf.sparse.from_dense(scaled))

  path = testing.export_module(str(tmp_path / "m"), module_fn)
  with pytest.raises(UserError, match="is sparse .*; only dense and ragged"):
    runs.apply(path, numbers_npz)
