"""Features beside a module: numbers as NumPy has them, models as tf.estimator's."""

import numpy as np
import pytest

from hub_estimator import exporting, inputs, runs
from hub_estimator.errors import UserError
from hub_estimator.model import encoders, tops
from hub_estimator.model.encoders import Columns, Concat, Encoder
from hub_estimator.model.feature_columns import (
  Bucketized,
  Categorical,
  Numeric,
  build_dense,
)
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, tf
from tests.small_runs import make_experiment, replace

FEATURES = {
  "age": np.array([20, 40, 60], np.int64),
  "size": np.array([[1, 2], [3, 4], [5, 6]], np.float32),
  "color": np.array([b"red", b"blue", b"none"], object),
}


def _dense(*columns):
  with tf.Graph().as_default(), tf.Session() as session:
    features = {
      k: tf.constant(v, tf.string if v.dtype == object else None)
      for k, v in FEATURES.items()
    }
    dense = build_dense(columns, features)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(dense)


def test_numbers_are_scaled_and_flattened():
  np.testing.assert_allclose(
    _dense(Numeric("age", mean=40, standard_deviation=20), Numeric("size")),
    [[-1, 1, 2], [0, 3, 4], [1, 5, 6]],
  )


def test_buckets_and_categories_are_one_hot():
  np.testing.assert_array_equal(_dense(Bucketized("age", [30, 50])), np.eye(3))
  one_hot = [[1, 0], [0, 1], [0, 0]]
  column = Categorical("color", vocabulary=["red", "blue"])
  np.testing.assert_array_equal(_dense(column), one_hot)


def test_a_vocabulary_may_be_a_file(tmp_path):
  (tmp_path / "colors.txt").write_text("blue\nred\n")
  column = Categorical("color", vocabulary=str(tmp_path / "colors.txt"))
  np.testing.assert_array_equal(_dense(column), [[0, 1], [1, 0], [0, 0]])


def test_hashed_categories_have_vectors_of_the_width():
  dense = _dense(Categorical("color", hash_buckets=50, width=3))
  assert dense.shape == (3, 3)
  assert len(np.unique(dense, axis=0)) == 3


@pytest.mark.parametrize(
  ("make", "message"),
  [
    (lambda: _dense(Numeric("aeg")), "has the key 'aeg'.*age"),
    (lambda: _dense(Numeric("color")), "'color' is string, not a number"),
    (lambda: _dense(Bucketized("age", [2, 1])), "boundaries for 'age'"),
    (lambda: Categorical("color"), "takes one of vocabulary and hash_buckets"),
    (lambda: Categorical("c", vocabulary="/no/file"), "no file '/no/file'"),
    (
      lambda: _dense(Categorical("size", hash_buckets=3)),
      "'size' is float32; categories are strings or integers",
    ),
    (lambda: Numeric("age", standard_deviation=0), "is a number above 0"),
    (lambda: Columns([Numeric]), "a list of columns, called"),
  ],
)
def test_what_does_not_fit_is_said_in_one_line(make, message):
  with pytest.raises(UserError, match=message):
    make()


@pytest.fixture(scope="module")
def people(tmp_path_factory):
  rng = np.random.default_rng(0)
  path = tmp_path_factory.mktemp("data") / "people.npz"
  x = rng.normal(size=(64, 4)).astype(np.float32)
  age = rng.integers(20, 60, 64)
  np.savez(path, x=x, age=age, label=(x[:, 0] + age / 20 > 2).astype(np.int64))
  return inputs.Npz(str(path))


def _experiment(handle, people, **changes):
  encoder = Concat(
    [
      Encoder(
        ModuleSource(handle, trainable=False),
        adapters.Adapter(inputs={"x": "x"}),
      ),
      Columns([Bucketized("age", [30, 40, 50])]),
    ]
  )
  return replace(
    make_experiment(handle, people.path),
    encoder=encoder,
    train_input=people,
    eval_input=people,
    **changes,
  )


@pytest.mark.slow
def test_a_run_with_columns_is_a_canned_estimator_on_the_same_columns(
  dense, people, tmp_path
):
  from hub_estimator.tensorflow_runtime import hub

  experiment = _experiment(dense, people, top=tops.Linear())
  result = runs.train(experiment, str(tmp_path / "run"))

  def model_fn(features, labels, mode):
    module = hub.Module(dense)
    features = {"embedding": module(features["x"]), "age": features["age"]}
    columns = [
      tf.feature_column.numeric_column("embedding", shape=3),
      tf.feature_column.bucketized_column(
        tf.feature_column.numeric_column("age"), [30, 40, 50]
      ),
    ]
    canned = tf.estimator.LinearClassifier(
      columns,
      optimizer=tf.train.AdamOptimizer(0.05),
      loss_reduction=tf.losses.Reduction.SUM_OVER_BATCH_SIZE,
    )
    return canned.model_fn(features, labels, mode, canned.config)

  by_hand = estimator.Estimator(model_fn, str(tmp_path / "by_hand"))
  by_hand.train(
    inputs.make_train_input_fn(
      people.read(), batch_size=experiment.batch_size, seed=experiment.seed
    ),
    max_steps=experiment.max_steps,
  )
  metrics = by_hand.evaluate(
    inputs.make_eval_input_fn(people.read(), batch_size=64)
  )
  assert result.metrics["loss"] == pytest.approx(metrics["loss"], rel=1e-4)
  assert result.metrics["accuracy"] == metrics["accuracy"]


@pytest.mark.slow
def test_columns_are_exported_and_served(dense, people, tmp_path):
  experiment = _experiment(dense, people, exports=exporting.Exports(["final"]))
  result = runs.train(experiment, str(tmp_path))
  model = tmp_path / result.exports["final"]["model"]
  served = tf.saved_model.load_v2(str(model)).signatures["serving_default"]
  one = served(
    x=tf.constant([[0.1, 0.2, 0.3, 0.4]]), age=tf.constant([35], tf.int64)
  )
  other = served(
    x=tf.constant([[0.1, 0.2, 0.3, 0.4]]), age=tf.constant([55], tf.int64)
  )
  assert one["logits"].numpy() != other["logits"].numpy()


@pytest.mark.slow
def test_columns_alone_are_a_baseline_without_a_module(dense, people, tmp_path):
  experiment = _experiment(dense, people, exports=exporting.Exports(["final"]))
  experiment = replace(
    experiment, encoder=encoders.Columns([Numeric("age", mean=40)])
  )
  result = runs.train(experiment, str(tmp_path))
  assert result.exports["final"]["module"] is None
  assert (tmp_path / result.exports["final"]["model"]).is_dir()
