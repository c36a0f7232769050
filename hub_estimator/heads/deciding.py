"""tf.estimator's classifiers, with classes by threshold and none for NaN."""

from collections.abc import Sequence

import numpy as np

from hub_estimator.tensorflow_runtime import estimator, tf

# The class id of an example whose probabilities are NaN; its class is "".
NO_CLASS = -1


class BinaryHead(estimator.BinaryClassHead):
  """Predicts class 1 where its probability is above a threshold.

  Accuracy, precision and recall compare labels with these classes.
  """

  def __init__(
    self,
    threshold: float,
    *,
    weight_column: str | None,
    label_vocabulary: Sequence[str] | None,
    name: str | None,
  ):
    """Makes the head.

    Args:
      threshold: between 0 and 1.
      weight_column: the feature that holds example weights.
      label_vocabulary: the two labels as strings; None if they are 0 and 1.
      name: suffixes the head's metrics.
    """
    super().__init__(
      weight_column=weight_column,
      thresholds=None if threshold == 0.5 else [threshold],
      label_vocabulary=label_vocabulary,
      name=name,
    )
    self._threshold = threshold
    self._labels = label_vocabulary

  def predictions(
    self, logits: tf.Tensor, keys: Sequence[str] | None = None
  ) -> dict[str, tf.Tensor]:
    """Returns predictions by name; see `tf.estimator.Head`."""
    found = super().predictions(logits, keys)
    if self._threshold == 0.5:
      positive = logits > 0.0
    else:
      positive = tf.sigmoid(logits) > self._threshold
    return _decided(found, tf.cast(positive, tf.int64), logits, self._labels)


class MultiClassHead(estimator.MultiClassHead):
  """Predicts the most probable class, and no class from NaN."""

  def __init__(
    self,
    n_classes: int,
    *,
    weight_column: str | None,
    label_vocabulary: Sequence[str] | None,
    name: str | None,
  ):
    """Makes the head.

    Args:
      n_classes: 3 or more.
      weight_column: the feature that holds example weights.
      label_vocabulary: the labels as strings; None if they are numbers.
      name: suffixes the head's metrics.
    """
    super().__init__(
      n_classes,
      weight_column=weight_column,
      label_vocabulary=label_vocabulary,
      name=name,
    )
    self._labels = label_vocabulary

  def predictions(
    self, logits: tf.Tensor, keys: Sequence[str] | None = None
  ) -> dict[str, tf.Tensor]:
    """Returns predictions by name; see `tf.estimator.Head`."""
    found = super().predictions(logits, keys)
    ids = tf.expand_dims(tf.argmax(logits, axis=-1), axis=-1)
    return _decided(found, ids, logits, self._labels)


def _decided(
  found: dict[str, tf.Tensor],
  ids: tf.Tensor,
  logits: tf.Tensor,
  labels: Sequence[str] | None,
) -> dict[str, tf.Tensor]:
  """Returns a head's predictions with classes from `ids`.

  Args:
    found: predictions by name; those without classes come back unchanged.
    ids: int64 [batch, 1].
    logits: float32 [batch, classes]; NaN and infinity have no probabilities.
    labels: the classes as strings; None if they are numbers.
  """
  if not {"class_ids", "classes"} & set(found):
    return found
  unknown = tf.math.is_nan(logits) | tf.equal(logits, float("inf"))
  unknown = tf.reduce_any(unknown, axis=-1, keepdims=True)
  ids = tf.where(unknown, tf.fill(tf.shape(ids), np.int64(NO_CLASS)), ids)
  decided = dict(found)
  if "class_ids" in found:
    decided["class_ids"] = ids
  if "classes" in found:
    if labels is None:
      names = tf.strings.as_string(ids)
    else:
      names = tf.gather(tf.constant(list(labels)), tf.maximum(ids, 0))
    decided["classes"] = tf.where(unknown, tf.fill(tf.shape(names), ""), names)
  return decided
