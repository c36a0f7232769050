"""A loss that draws images of one class together, and the nearest neighbours it makes.

Khosla et al. 2020 (arXiv:2004.11362). Part of configs/runs/contrastive.gin.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gin

if TYPE_CHECKING:
  from hub_estimator.tensorflow_runtime import tf


@gin.register("supervised_contrastive", module="examples")
def supervised_contrastive(
  outputs: Mapping[str, Mapping[str, "tf.Tensor"]],
  labels: "tf.Tensor | None",
  *,
  temperature: float = 0.1,
) -> tuple[Any, dict[str, "tf.Tensor"], dict[str, Any]]:
  """Returns the loss, embeddings of length 1, and the accuracy of nearest neighbours.

  See `models.objective`. The accuracy is leave-one-out, within a batch of evaluation.

  Args:
    outputs: of the module "image".
    labels: class ids [batch]; None in PREDICT mode.
    temperature: divides the cosines of pairs.
  """
  from hub_estimator.tensorflow_runtime import tf

  embeddings = tf.nn.l2_normalize(outputs["image"]["default"], axis=1)
  predictions = {"embedding": embeddings}
  if labels is None:
    return None, predictions, {}
  labels = tf.reshape(labels, [-1])
  itself = tf.eye(tf.size(labels), dtype=tf.bool)
  same = tf.equal(labels[:, tf.newaxis], labels) & ~itself
  cosines = tf.matmul(embeddings, embeddings, transpose_b=True)
  others = tf.where_v2(itself, -1e9, cosines / temperature)
  log_shares = others - tf.reduce_logsumexp(others, axis=1, keepdims=True)
  positives = tf.cast(same, tf.float32)
  counts = tf.reduce_sum(positives, axis=1)
  sums = tf.reduce_sum(positives * log_shares, axis=1)
  # An image that is alone in its class has no pair.
  loss = -tf.reduce_mean(tf.math.divide_no_nan(sums, counts))
  nearest = tf.gather(labels, tf.argmax(others, axis=1))
  metrics = {"neighbour_accuracy": tf.metrics.accuracy(labels, nearest)}
  return loss, predictions, metrics
