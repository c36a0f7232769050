import glob
import tempfile

import gin
import numpy as np
import pytest

from hub_estimator import config, exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.inputs import Dataset, FeatureSpec
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, replace

ROWS = 600


def numbers():
  x = np.arange(4 * ROWS, dtype=np.float32).reshape(ROWS, 4)
  return {
    "x": x,
    "t": np.array([f"row {i} ☃" for i in range(ROWS)]),
  }, np.arange(ROWS) % 2


def batches():
  return tf.data.Dataset.from_tensor_slices(numbers()).batch(50)


@gin.register(module="input_fn_test")
def examples():
  return tf.data.Dataset.from_tensor_slices(numbers())


@pytest.mark.parametrize(
  "source", [Dataset(batches), Dataset(examples, batched=False)]
)
def test_examples_come_in_the_order_of_the_dataset(source):
  found = source.read()
  features, labels = numbers()
  assert found.specs() == {
    "x": FeatureSpec("float32", (4,)),
    "t": FeatureSpec("string"),
  }
  np.testing.assert_array_equal(found.features["x"][:], features["x"])
  assert [t.decode() for t in found.features["t"][:]] == features["t"].tolist()
  np.testing.assert_array_equal(found.labels, labels)
  assert found.source.startswith("inputs.dataset ")


def test_nothing_is_left_on_disk():
  pattern = f"{tempfile.gettempdir()}/hub_estimator-dataset-*"
  before = glob.glob(pattern)
  found = Dataset(batches).read()
  assert glob.glob(pattern) == before
  assert found.features["x"][np.array([3])].tolist() == [[12, 13, 14, 15]]


@pytest.mark.parametrize("batched", [True, False])
def test_an_endless_dataset_gives_as_many_examples_as_are_asked_for(batched):
  def endless():
    return (batches() if batched else examples()).repeat()

  source = Dataset(endless, examples=7, batched=batched)
  found = source.read()
  assert found.features["x"][:][:, 0].tolist() == [0, 4, 8, 12, 16, 20, 24]
  assert found.labels.tolist() == [0, 1, 0, 1, 0, 1, 0]
  with pytest.raises(UserError, match="has no end: .*examples"):
    Dataset(endless, batched=batched).read()


def test_labels_may_be_several_text_or_none():
  def several():
    labels = {"x": np.array(["b", "a"]), "y": np.array([1.5, 2.5])}
    return tf.data.Dataset.from_tensor_slices(({"x": [1, 2]}, labels)).batch(2)

  def none():
    return several().map(lambda features, labels: features)

  def text():
    return several().map(lambda features, labels: (features, labels["x"]))

  found = Dataset(several).read()
  assert found.labels["x"].tolist() == [b"b", b"a"]
  assert found.labels["y"].tolist() == [1.5, 2.5]
  assert found.features["x"][:].tolist() == [1, 2]
  assert Dataset(none).read().labels is None
  found = Dataset(text).read()
  assert (found.classes, found.labels.tolist()) == (("a", "b"), [1, 0])


def test_ragged_sparse_and_padded_features_are_lists():
  def lists():
    ragged = tf.ragged.constant([[1, 2], [], [3]], tf.int64)
    data = {"r": ragged, "s": ragged.to_sparse()}
    return tf.data.Dataset.from_tensor_slices(data).batch(2)

  def padded():
    rows = [[1, 2], [5, 6, 7], [3]]
    return (
      tf.data.Dataset.from_generator(lambda: iter(rows), tf.int64, [None])
      .map(lambda row: {"p": row})
      .padded_batch(2, {"p": [None]})
    )

  found = Dataset(lists).read()
  for name in "rs":
    assert found.specs()[name] == FeatureSpec("int64", (None,))
    assert found.features[name][:].tolist() == [[1, 2], [0, 0], [3, 0]]
    assert found.features[name].lengths.tolist() == [2, 0, 1]
  found = Dataset(padded).read()
  assert found.features["p"][:].tolist() == [[1, 2, 0], [5, 6, 7], [3, 0, 0]]


def _fails():
  return examples().map(
    lambda features, label: (
      features,
      tf.debugging.check_numerics(
        1.0 / tf.cast(5 - label * 5, tf.float32), "z"
      ),
    )
  )


@pytest.mark.parametrize(
  ("source", "why"),
  [
    (lambda: Dataset("batches"), "is 'batches'; it is a function"),
    (lambda: Dataset(batches, examples=0), "is 0; it is at least 1"),
    (lambda: Dataset(batches, examples=601), "is 601, and .* has 600"),
    (lambda: Dataset(lambda: 3), "returns a int; it returns a tf.data.Dataset"),
    (
      lambda: Dataset(lambda: tf.data.Dataset.range(3).batch(2)),
      "yields features as a .*Tensor; they are tensors by name",
    ),
    (lambda: Dataset(lambda: batches().take(0)), "has no examples"),
    (lambda: Dataset(_fails, batched=False), "fails after 0 examples: .*Inf"),
  ],
)
def test_a_problem_is_one_line(source, why):
  with pytest.raises(UserError, match=why) as error:
    source().read()
  assert "\n" not in str(error.value)


@pytest.mark.slow
def test_a_run_is_interrupted_and_ends_with_the_same_bits(dense, tmp_path):
  def x_alone():
    return batches().map(lambda f, label: ({"x": f["x"] / 1000.0}, label))

  experiment = replace(
    make_experiment(dense, "unused.npz"),
    train_input=Dataset(x_alone),
    eval_input=Dataset(x_alone),
    exports=exporting.Exports(["latest"]),
  )
  runs.train(experiment, str(tmp_path / "whole"))
  runs.train(replace(experiment, max_steps=10), str(tmp_path / "parts"))
  runs.train(experiment, str(tmp_path / "parts"))
  whole, parts = (
    tf.train.load_checkpoint(str(tmp_path / name / "model.ckpt-20"))
    for name in ("whole", "parts")
  )
  for name in whole.get_variable_to_shape_map():
    np.testing.assert_array_equal(
      whole.get_tensor(name), parts.get_tensor(name)
    )


def test_gin_names_a_function(tmp_path):
  path = tmp_path / "a.gin"
  path.write_text(
    "inputs.dataset.input_fn = @input_fn_test.examples\n"
    "inputs.dataset.batched = False\n"
  )
  config.parse([str(path)])
  assert len(config.build("inputs.dataset").read()) == ROWS
