"""Features beside a module make the models that tf.estimator's columns make."""

import numpy as np
import pytest

from hub_estimator import exporting, inputs, runs
from hub_estimator.errors import UserError
from hub_estimator.model import tops
from hub_estimator.model.columns import Bucketized, Numeric
from hub_estimator.model.encoders import Columns, Concat, Encoder
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from tests.small_runs import make_experiment, replace


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
        Adapter(inputs={"x": "x"}),
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
  experiment = replace(experiment, encoder=Columns([Numeric("age", mean=40)]))
  result = runs.train(experiment, str(tmp_path))
  assert result.exports["final"]["module"] is None
  assert (tmp_path / result.exports["final"]["model"]).is_dir()


def test_a_column_that_is_not_called_is_refused():
  with pytest.raises(UserError, match="a list of columns, called"):
    Columns([Numeric])
