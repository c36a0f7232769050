"""Metrics for evaluating a classifier, beside the head's own.

In Python each part has its gin name, too: `metrics.f1` is `metrics.F1`. A
metric of yours follows the Protocol `Metric`.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.model.interface import Metrics
from hub_estimator.tensorflow_runtime import tf


@gin.register("top_k", module="metrics")
@dataclasses.dataclass(frozen=True)
class TopK:
  """Share of examples whose class is among the k most probable.

  Attributes:
    k: number of classes that count as a hit; fewer than the head has.
  """

  k: int = 5

  def build(
    self,
    labels: tf.Tensor,
    predictions: Mapping[str, tf.Tensor],
    weights: tf.Tensor | None,
  ) -> Metrics:
    """Adds the metric's ops.

    Args:
      labels: class ids, int64 [batch].
      predictions: the head's, among them "probabilities" float32 [batch,
        classes] and "class_ids" int64 [batch, 1].
      weights: float32 [batch]; None weighs all examples equally.

    Raises:
      UserError: the head has k classes or fewer.
    """
    probabilities = predictions["probabilities"]
    if probabilities.shape[1] <= self.k:
      raise UserError(
        f"metrics.top_k.k is {self.k}, and the head has "
        f"{probabilities.shape[1]} classes: all would be among them."
      )
    hit = tf.math.in_top_k(predictions=probabilities, targets=labels, k=self.k)
    return {
      f"top_{self.k}_accuracy": tf.metrics.mean(
        tf.cast(hit, tf.float32), weights
      )
    }


@gin.register("f1", module="metrics")
@dataclasses.dataclass(frozen=True)
class F1:
  """Harmonic mean of precision and recall, "f1".

  With two classes, it is the F1 of class 1; with more, the unweighted mean over
  all classes (macro F1). A class that neither occurs nor is predicted counts as
  0.
  """

  def build(
    self,
    labels: tf.Tensor,
    predictions: Mapping[str, tf.Tensor],
    weights: tf.Tensor | None,
  ) -> Metrics:
    """Adds the metric's ops; see `TopK.build`."""
    classes = predictions["probabilities"].shape[1]
    matrix, update = _confusion(labels, predictions, weights)
    hits = tf.linalg.diag_part(matrix)
    ends = tf.reduce_sum(matrix, 0) + tf.reduce_sum(matrix, 1)
    by_class = tf.math.divide_no_nan(2.0 * hits, ends)
    value = by_class[1] if classes == 2 else tf.reduce_mean(by_class)
    return {"f1": (value, update)}


@gin.register("per_class", module="metrics")
@dataclasses.dataclass(frozen=True)
class PerClass:
  """Recall and precision of each class: "recall/<class>", "precision/<class>".

  Attributes:
    names: names of the classes, in order; None uses their ids.
  """

  names: Sequence[str] | None = None

  def build(
    self,
    labels: tf.Tensor,
    predictions: Mapping[str, tf.Tensor],
    weights: tf.Tensor | None,
  ) -> Metrics:
    """Adds the metric's ops; see `TopK.build`."""
    matrix, update = _confusion(labels, predictions, weights)
    names = _class_names(self.names, matrix, "metrics.per_class.names")
    hits = tf.linalg.diag_part(matrix)
    recall = tf.math.divide_no_nan(hits, tf.reduce_sum(matrix, 1))
    precision = tf.math.divide_no_nan(hits, tf.reduce_sum(matrix, 0))
    return {
      f"{measure}/{name}": (value[i], update)
      for measure, value in (("recall", recall), ("precision", precision))
      for i, name in enumerate(names)
    }


@gin.register("confusion_matrix", module="metrics")
@dataclasses.dataclass(frozen=True)
class ConfusionMatrix:
  """Sum of weights by true class (row) and predicted class (column).

  "confusion_matrix" is the matrix, and "confusion_matrix_image" a picture of it
  for TensorBoard: each row divided by its sum, from white for 0 to blue for 1.

  Attributes:
    cell_pixels: width and height of a cell in the picture.
  """

  cell_pixels: int = 16

  def build(
    self,
    labels: tf.Tensor,
    predictions: Mapping[str, tf.Tensor],
    weights: tf.Tensor | None,
  ) -> Metrics:
    """Adds the metric's ops; see `TopK.build`."""
    matrix, update = _confusion(labels, predictions, weights)
    share = tf.math.divide_no_nan(
      matrix, tf.reduce_sum(matrix, 1, keepdims=True)
    )
    for axis in (0, 1):
      share = tf.repeat(share, self.cell_pixels, axis)
    white, blue = tf.constant([1.0, 1.0, 1.0]), tf.constant([0.0, 0.2, 0.6])
    picture = white + share[..., tf.newaxis] * (blue - white)
    image = tf.summary.image(
      "confusion_matrix", tf.cast(picture[tf.newaxis] * 255.0, tf.uint8)
    )
    return {
      "confusion_matrix": (matrix, update),
      "confusion_matrix_image": (image, update),
    }


def _confusion(
  labels: tf.Tensor,
  predictions: Mapping[str, tf.Tensor],
  weights: tf.Tensor | None,
) -> tuple[tf.Tensor, tf.Operation]:
  """Returns (float32 [classes, classes], update op) over all batches."""
  classes = predictions["probabilities"].shape[1]
  batch = tf.math.confusion_matrix(
    labels,
    tf.reshape(predictions["class_ids"], [-1]),
    num_classes=classes,
    weights=weights,
    dtype=tf.float32,
  )
  total = tf.get_variable(
    tf.get_default_graph().unique_name("metrics/confusion", False),
    [classes, classes],
    initializer=tf.zeros_initializer(),
    trainable=False,
    collections=[tf.GraphKeys.LOCAL_VARIABLES, tf.GraphKeys.METRIC_VARIABLES],
    use_resource=True,
  )
  update = total.assign_add(batch)
  return total.read_value(), update


def _class_names(
  names: Sequence[str] | None, matrix: tf.Tensor, binding: str
) -> list[str]:
  classes = matrix.shape[0]
  if names is None:
    return [str(i) for i in range(classes)]
  if isinstance(names, str) or len(names) != classes:
    raise UserError(
      f"{binding} is {names!r}; it must be a list of {classes} names."
    )
  return list(names)


top_k = TopK
f1 = F1
per_class = PerClass
confusion_matrix = ConfusionMatrix
