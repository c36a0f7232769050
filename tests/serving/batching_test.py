"""Requests that wait share a batch, and each gets its own answer."""

import pathlib
import threading
import time

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.serving.batching import BatchedModel, Stopped
from hub_estimator.serving.loaded_model import LoadedModel
from hub_estimator.tensorflow_runtime import tf

COVERS = ("loaded_model",)


def _export(path: pathlib.Path) -> pathlib.Path:
  """Writes a model with signatures of rows, of whole tensors, and one that fails."""
  with tf.Graph().as_default(), tf.Session() as session:
    x = tf.placeholder(tf.float32, [None, 2])
    serialized = tf.placeholder(tf.string, [None])
    size = tf.fill([tf.shape(x)[0]], tf.shape(x)[0])
    steps = tf.while_loop(
      lambda i, y: i < 150_000,
      lambda i, y: (i + 1, y),
      [0, tf.reduce_sum(x)],
      parallel_iterations=1,
    )[1]
    with tf.control_dependencies([steps]):
      slow = x + 0
    parsed = tf.io.parse_tensor
    signatures = {
      "rows": ({"x": x}, {"double": x * 2, "batch": size}),
      "whole": ({"x": x}, {"sum": tf.reduce_sum(x)}),
      "slow": ({"x": x}, {"x": slow, "batch": size}),
      "parsed": (
        {"s": serialized},
        {
          "n": tf.map_fn(
            lambda s: parsed(s, tf.float32), serialized, tf.float32
          )
        },
      ),
    }
    builder = tf.saved_model.builder.SavedModelBuilder(str(path))
    builder.add_meta_graph_and_variables(
      session,
      ["serve"],
      {
        name: tf.saved_model.predict_signature_def(inputs, outputs)
        for name, (inputs, outputs) in signatures.items()
      },
    )
    builder.save()
  return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
  return _export(tmp_path_factory.mktemp("m") / "model")


@pytest.fixture
def served(path):
  served = BatchedModel(LoadedModel(path, 7))
  yield served
  served.stop()


def _run(served, name, timeout_s=30.0, **inputs):
  return served.run(served.model.signature(name), inputs, timeout_s=timeout_s)


def test_a_model_tells_its_signatures(served):
  assert served.model.number == 7
  rows = served.model.signature("rows")
  assert rows.inputs["x"].shape == (None, 2)
  assert rows.is_batched
  assert not served.model.signature("whole").is_batched
  with pytest.raises(
    UserError, match="no signature 'row'; did you mean 'rows'"
  ):
    served.model.signature("row")


def test_requests_that_wait_are_one_batch(served):
  rng = np.random.default_rng(1)
  asked = [
    rng.normal(size=(n, 2)).astype(np.float32) for n in (3, 1, 2, 200, 100)
  ]
  answers = {}

  def ask(name, number):
    answers[number] = _run(served, name, x=asked[number])

  threads = [threading.Thread(target=ask, args=("slow", 0))]
  threads[0].start()
  time.sleep(0.05)  # The slow one is asked first.
  threads += [
    threading.Thread(target=ask, args=("rows", number))
    for number in range(1, 5)
  ]
  for thread in threads[1:]:
    thread.start()
  for thread in threads:
    thread.join()
  np.testing.assert_array_equal(answers[0]["x"], asked[0])
  for number in range(1, 5):
    np.testing.assert_array_equal(answers[number]["double"], asked[number] * 2)
  sizes = {n: set(answers[n]["batch"].tolist()) for n in range(1, 5)}
  assert all(len(found) == 1 for found in sizes.values())
  batches = {n: found.pop() for n, found in sizes.items()}
  # Not all fit: a batch has 256 rows at most.
  assert sum(sorted({*batches.values()})) <= 303
  assert any(batches[n] > len(asked[n]) for n in batches)
  assert max(batches.values()) <= 256


def test_rows_of_other_shapes_are_refused_alone(served):
  with pytest.raises(ValueError, match="shape"):
    _run(served, "rows", x=np.zeros([1, 3], np.float32))
  assert _run(served, "rows", x=np.ones([1, 2], np.float32))["batch"] == [1]


def test_a_request_that_fails_fails_alone(served):
  good = tf.io.serialize_tensor
  with tf.Graph().as_default(), tf.Session() as session:
    number = session.run(good(tf.constant(3.0)))
  found = {}

  def ask(number, value):
    try:
      found[number] = _run(served, "parsed", s=np.array([value], object))["n"]
    except tf.errors.InvalidArgumentError as error:
      found[number] = error

  slow = threading.Thread(
    target=_run, args=(served, "slow"), kwargs={"x": np.ones([1, 2])}
  )
  slow.start()
  values = [number, b"nonsense", number]
  threads = [
    threading.Thread(target=ask, args=pair) for pair in enumerate(values)
  ]
  for thread in (*threads,):
    thread.start()
  for thread in (slow, *threads):
    thread.join()
  assert found[0].tolist() == found[2].tolist() == [3.0]
  assert isinstance(found[1], tf.errors.InvalidArgumentError)


def test_an_answer_that_takes_too_long_is_given_up(served):
  with pytest.raises((TimeoutError, tf.errors.DeadlineExceededError)):
    _run(served, "slow", timeout_s=0.01, x=np.ones([1, 2], np.float32))
  assert _run(served, "whole", x=np.ones([1, 2], np.float32))["sum"] == 2


def test_a_model_that_stops_answers_those_that_wait(path):
  served = BatchedModel(LoadedModel(path, 1))
  answers = []
  threads = [
    threading.Thread(
      target=lambda: answers.append(
        _run(served, "slow", x=np.ones([1, 2], np.float32))
      )
    )
    for _ in range(3)
  ]
  for thread in threads:
    thread.start()
  time.sleep(0.05)  # All three are asked.
  served.stop()
  for thread in threads:
    thread.join()
  assert len(answers) == 3
  with pytest.raises(Stopped):
    _run(served, "whole", x=np.ones([1, 2], np.float32))


def test_a_folder_without_a_model_is_refused(tmp_path):
  with pytest.raises(UserError, match="can't be loaded"):
    LoadedModel(tmp_path, 1)
  (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff\xff")
  with pytest.raises(UserError, match="can't be loaded"):
    LoadedModel(tmp_path, 1)
