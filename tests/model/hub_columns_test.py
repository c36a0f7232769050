"""Canned estimators on Hub's columns export their modules, numbers unchanged."""

import pathlib

import numpy as np
import pytest

from hub_estimator import testing
from hub_estimator.errors import UserError
from hub_estimator.model import hub_columns
from hub_estimator.tensorflow_runtime import estimator, hub, tf

LABELS = np.array([1, 0, 1, 0])


def _keras_sgd():
  import tensorflow

  return tensorflow.keras.optimizers.legacy.SGD(0.5)


def _train_and_export(column, features, tmp_path, steps=20):
  """Returns (the exported module's path, the Estimator)."""

  def input_fn():
    dataset = tf.data.Dataset.from_tensors((features(), LABELS))
    return dataset.repeat()

  classifier = estimator.DNNClassifier(
    [4],
    feature_columns=[column],
    optimizer=_keras_sgd,
    model_dir=str(tmp_path / "m"),
  )
  classifier.train(input_fn, steps=steps)

  def serving_input_fn():
    placeholders = {
      key: tf.sparse.placeholder(tensor.dtype)
      if isinstance(tensor, tf.SparseTensor)
      else tf.placeholder(tensor.dtype, [None, *tensor.shape[1:]])
      for key, tensor in features().items()
    }
    return estimator.export.ServingInputReceiver(placeholders, {})

  exported = hub.LatestModuleExporter("text", serving_input_fn).export(
    classifier, str(tmp_path / "export"), None
  )
  return pathlib.Path(exported.decode()), classifier


def _variables(path):
  reader = tf.train.load_checkpoint(str(path / "variables" / "variables"))
  names = reader.get_variable_to_shape_map()
  return {name: reader.get_tensor(name) for name in names}


@pytest.mark.slow
def test_a_text_column_trains_and_exports_its_module(text, tmp_path):
  column = hub_columns.text_embedding_column(
    "sentence", text, trainable=True, export_name="words"
  )
  exported, classifier = _train_and_export(
    column,
    lambda: {"sentence": tf.constant(["good", "bad", "a film", "the bad"])},
    tmp_path,
  )
  (name,) = [
    n for n in classifier.get_variable_names() if n.endswith("embeddings")
  ]
  trained = classifier.get_variable_value(name)
  stored = _variables(exported / "words")["embeddings"]
  np.testing.assert_array_equal(stored, trained)
  before = _variables(pathlib.Path(text))["embeddings"]
  assert np.abs(stored - before).max() > 1e-3
  with tf.Graph().as_default():
    hub.Module(str(exported / "words"))(["good"])


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
def test_a_sparse_column_gives_what_hubs_own_gives(text, combiner):
  with tf.Graph().as_default(), tf.Session() as session:
    words = tf.SparseTensor(
      [[0, 0], [0, 1], [2, 0]], ["good", "film", "bad"], [3, 2]
    )
    ours = hub_columns.sparse_text_embedding_column(
      "words", text, combiner, "the"
    )
    theirs = hub.sparse_text_embedding_column("words", text, combiner, "the")
    layers = [
      tf.compat.v1.keras.layers.DenseFeatures([c])({"words": words})
      for c in (ours, theirs)
    ]
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    a, b = session.run(layers)
  np.testing.assert_array_equal(a, b)
  assert np.abs(a).min(axis=1).all()


@pytest.mark.slow
def test_a_sparse_column_exports_its_module(text, tmp_path):
  column = hub_columns.sparse_text_embedding_column(
    "words", text, "mean", "", trainable=True
  )
  exported, _ = _train_and_export(
    column,
    lambda: {
      "words": tf.SparseTensor(
        [[0, 0], [1, 0], [2, 0], [3, 0]], ["good", "bad", "a", "film"], [4, 1]
      )
    },
    tmp_path,
  )
  moved = _variables(exported / "module")["embeddings"]
  before = _variables(pathlib.Path(text))["embeddings"]
  assert np.abs(moved - before).max() > 1e-3


def _image_module(path) -> str:
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 2, 2, 3])
    scale = tf.get_variable("scale", [3])
    hub.add_signature(
      inputs={"images": images},
      outputs=tf.reduce_mean(images, [1, 2]) * scale,
    )
    info = hub.ImageModuleInfo()
    info.default_image_size.height = info.default_image_size.width = 2
    hub.attach_message("image_module_info", info)

  return testing.export_module(str(path), module_fn)


@pytest.mark.slow
def test_an_image_column_exports_its_frozen_module(tmp_path):
  handle = _image_module(tmp_path / "image")
  column = hub_columns.image_embedding_column("images", handle)
  exported, _ = _train_and_export(
    column, lambda: {"images": tf.ones([4, 2, 2, 3])}, tmp_path
  )
  stored = _variables(exported / "module")
  before = _variables(pathlib.Path(handle))
  np.testing.assert_array_equal(stored["scale"], before["scale"])


def test_a_module_that_does_not_fit_a_column_gets_one_line(dense):
  with pytest.raises(UserError, match="doesn't fit text_embedding_column: Mod"):
    hub_columns.text_embedding_column("x", dense)


def test_an_export_name_that_escapes_is_refused(text):
  with pytest.raises(UserError, match="escapes the export directory"):
    hub_columns.text_embedding_column("x", text, export_name="../x")
