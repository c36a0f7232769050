"""A run takes an encoder, top, metric and column of the user's own."""

import dataclasses

import numpy as np
import pytest

from hub_estimator import exporting, inputs, runs
from hub_estimator.model import (
  Application,
  Column,
  Encoder,
  Metric,
  Top,
  encoders,
)
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, replace


@dataclasses.dataclass(frozen=True)
class _Doubled:
  """An encoder: a module's output, doubled."""

  module: ModuleSource

  def applications(self):
    return [Application(self.module, Adapter(inputs={"x": "x"}))]

  def combine(self, outputs, features):
    (output,) = outputs
    return 2.0 * output


@dataclasses.dataclass(frozen=True)
class _Constant:
  """A top that sees no features: one trained bias."""

  def build(self, features, *, units, training):
    bias = tf.get_variable("bias", [units], use_resource=True)
    return tf.zeros([tf.shape(features)[0], units]) + bias, []


@dataclasses.dataclass(frozen=True)
class _Examples:
  """A metric: the number of examples."""

  def build(self, labels, predictions, weights):
    ones = tf.ones_like(labels, tf.float32)
    total, update = tf.metrics.mean(ones)
    count, counted = tf.metrics.true_positives(ones, ones)
    return {"mean_one": (total, update), "examples": (count, counted)}


@dataclasses.dataclass(frozen=True)
class _Squared:
  """A column: the square of a number."""

  key: str

  def build(self, feature):
    return tf.feature_column.numeric_column(
      self.key, normalizer_fn=lambda x: tf.square(tf.cast(x, tf.float32))
    )


@pytest.mark.slow
def test_a_run_of_ones_own_parts_trains_and_measures(
  dense, numbers_npz, tmp_path
):
  encoder: Encoder = _Doubled(ModuleSource(dense))
  top: Top = _Constant()
  metric: Metric = _Examples()
  experiment = replace(
    make_experiment(dense, numbers_npz),
    encoder=encoder,
    top=top,
    metrics=[metric],
    exports=exporting.Exports([]),
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  assert result.metrics["examples"] == 96
  names = {n for n, _ in tf.train.list_variables(str(tmp_path / "run"))}
  assert "bias" in names and not any("head/logits" in n for n in names)


def test_a_column_of_ones_own_is_read(tmp_path):
  column: Column = _Squared("n")
  path = tmp_path / "numbers.npz"
  np.savez(path, n=np.arange(8), label=np.arange(8) % 2)
  source = inputs.Npz(str(path))
  experiment = replace(
    make_experiment("unused", str(path)),
    encoder=encoders.Columns([column]),
    train_input=source,
    eval_input=source,
  )
  assert runs.check(experiment).variables["head/logits/kernel"] == (1, 1)
