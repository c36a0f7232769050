"""model_fn and input_fns of old_text.py, for a config: step 2 of docs/migrating.md."""

import csv
from collections.abc import Callable, Mapping
from typing import Any

import gin

from hub_estimator.tensorflow_runtime import estimator, hub, tf


@gin.register("old_text_input_fn", module="examples")
def make_input_fn(path: str) -> Callable[[], Any]:
  """Returns an input_fn of all rows, once; the run repeats and batches them.

  Args:
    path: a csv file with the columns sentence and label.
  """
  with open(path) as file:
    rows = list(csv.DictReader(file))
  sentences = [row["sentence"] for row in rows]
  labels = [[float(row["label"])] for row in rows]

  def input_fn() -> tf.data.Dataset:
    dataset = tf.data.Dataset.from_tensor_slices(
      ({"sentence": sentences}, labels)
    )
    return dataset.batch(len(rows))

  return input_fn


@gin.register("old_text_model", module="examples")
def model_fn(
  features: Mapping[str, tf.Tensor],
  labels: tf.Tensor,
  mode: str,
  params: Mapping[str, Any],
) -> estimator.EstimatorSpec:
  """Builds the graph, as in the script."""
  training = mode == estimator.ModeKeys.TRAIN
  module = hub.Module(params["module"], trainable=training, name="module")
  hub.register_module_for_export(module, "module")
  logits = tf.layers.dense(
    module(features["sentence"]),
    1,
    kernel_initializer=tf.zeros_initializer(),
    kernel_regularizer=tf.keras.regularizers.l2(params["l2"] / 2),
    name="logits",
  )
  predictions = {"probability": tf.sigmoid(logits)}
  if mode == estimator.ModeKeys.PREDICT:
    return estimator.EstimatorSpec(mode, predictions)
  loss = tf.losses.sigmoid_cross_entropy(labels, logits)
  if mode == estimator.ModeKeys.EVAL:
    right = tf.metrics.accuracy(labels, tf.round(predictions["probability"]))
    return estimator.EstimatorSpec(
      mode, loss=loss, eval_metric_ops={"accuracy": right}
    )
  train_op = tf.train.AdamOptimizer(params["rate"]).minimize(
    loss + tf.losses.get_regularization_loss(),
    global_step=tf.train.get_global_step(),
  )
  return estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)
