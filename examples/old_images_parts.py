"""model_fn and input_fns of old_images.py, for a config: step 2 of docs/migrating.md."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin

from hub_estimator.tensorflow_runtime import estimator, hub, tf


def list_images(folder: str) -> tuple[list[str], list[int]]:
  """Returns the paths of <folder>/<class>/<file>, and the number of each class."""
  paths: list[str] = []
  labels: list[int] = []
  for label, name in enumerate(sorted(tf.gfile.ListDirectory(folder))):
    found = sorted(tf.gfile.Glob(os.path.join(folder, name, "*.png")))
    paths += found
    labels += [label] * len(found)
  return paths, labels


@gin.register("old_images_input_fn", module="examples")
def make_input_fn(folder: str, size: Sequence[int]) -> Callable[[], Any]:
  """Returns an input_fn of all images, once; the run repeats and batches them.

  Args:
    folder: holds a folder for each class.
    size: height and width that the module expects.
  """
  paths, labels = list_images(folder)

  def decode(path: tf.Tensor, label: tf.Tensor) -> tuple[Any, tf.Tensor]:
    image = tf.image.decode_png(tf.read_file(path), channels=3)
    image = tf.image.convert_image_dtype(image, tf.float32)
    image = tf.image.resize_bilinear(
      image[tf.newaxis], size, half_pixel_centers=True
    )[0]
    return {"image": image}, label

  def input_fn() -> tf.data.Dataset:
    dataset = tf.data.Dataset.from_tensor_slices((paths, labels)).map(decode)
    return dataset.batch(len(paths))

  return input_fn


@gin.register("old_images_model", module="examples")
def model_fn(
  features: Mapping[str, tf.Tensor],
  labels: tf.Tensor,
  mode: str,
  params: Mapping[str, Any],
) -> estimator.EstimatorSpec:
  """Builds the graph, as in the script."""
  module = hub.Module(params["module"], name="module")
  hub.register_module_for_export(module, "module")
  logits = tf.layers.dense(
    module(features["image"]),
    10,
    kernel_initializer=tf.zeros_initializer(),
    name="logits",
  )
  predictions = {"class": tf.argmax(logits, axis=1)}
  if mode == estimator.ModeKeys.PREDICT:
    return estimator.EstimatorSpec(mode, predictions)
  loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
  if mode == estimator.ModeKeys.EVAL:
    right = tf.metrics.accuracy(labels, predictions["class"])
    return estimator.EstimatorSpec(
      mode, loss=loss, eval_metric_ops={"accuracy": right}
    )
  train_op = tf.train.AdamOptimizer(params["rate"]).minimize(
    loss, global_step=tf.train.get_global_step()
  )
  return estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)
