"""tf.estimator's head for sequences, with tokens that the module didn't read."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.heads import spans
from hub_estimator.heads.deciding import NO_CLASS
from hub_estimator.heads.label_ids import look_up_ids
from hub_estimator.heads.token_features import LENGTH, TOKENS_READ
from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.tensorflow_runtime import estimator_internals as internals

_Tensors = Mapping[str, tf.Tensor]


class TokenHead(internals.SequentialHeadWrapper):
  """Applies a classifier's head to each token that the module read."""

  def __init__(
    self, static_head: estimator.Head, vocabulary: Sequence[str] | None
  ):
    """Makes the head.

    Args:
      static_head: of one token.
      vocabulary: its labels as strings; None if they are numbers.
    """
    super().__init__(static_head, TOKENS_READ)
    self._vocabulary = vocabulary

  def create_estimator_spec(
    self,
    features: _Tensors,
    mode: str,
    logits: tf.Tensor,
    labels: tf.Tensor | None = None,
    **kwargs: Any,
  ) -> estimator.EstimatorSpec:
    """Returns the spec of one mode; see `tf.estimator.Head`.

    Args:
      features: with `TOKENS_READ` and `LENGTH`.
      mode: one of `tf.estimator.ModeKeys`.
      logits: float32 [batch, tokens, width].
      labels: [batch, tokens], with more or fewer tokens than the logits; "" and -1
        are padding.
      **kwargs: as Estimator's heads take them.
    """
    if mode == estimator.ModeKeys.PREDICT:
      return self._predicting(features, logits)
    fitted, mask = self._fitted(features, logits, labels)
    spec = super().create_estimator_spec(
      {TOKENS_READ: mask}, mode, logits, fitted, **kwargs
    )
    if mode == estimator.ModeKeys.TRAIN:
      return spec
    metrics = self._measured(features, logits, labels)
    return spec._replace(
      eval_metric_ops={**(spec.eval_metric_ops or {}), **metrics}
    )

  def flat_labels(
    self, features: _Tensors, logits: tf.Tensor, labels: tf.Tensor
  ) -> tf.Tensor:
    """Returns the labels of the tokens that evaluation's predictions are for.

    Args:
      features: as for `create_estimator_spec`.
      logits: likewise.
      labels: likewise.

    Returns:
      [tokens that were read], in the order of the predictions.
    """
    return tf.boolean_mask(*self._fitted(features, logits, labels))

  def _fitted(
    self, features: _Tensors, logits: tf.Tensor, labels: tf.Tensor
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns (labels of as many tokens as logits, which of them count)."""
    length = tf.shape(logits)[1]
    fitted = _resized(labels, length, _nothing(labels))
    return fitted, features[TOKENS_READ] & _is_given(fitted)

  def _predicting(
    self, features: _Tensors, logits: tf.Tensor
  ) -> estimator.EstimatorSpec:
    found = self.static_head.predictions(logits)
    read = features[TOKENS_READ]
    names = found["classes"][:, :, 0]
    predictions = {
      "logits": logits,
      "probabilities": found["probabilities"],
      "class_ids": self._decided(found, read),
      "classes": tf.where_v2(read, names, tf.fill(tf.shape(names), "")),
      LENGTH: features[LENGTH],
    }
    output = estimator.export.PredictOutput(predictions)
    return estimator.EstimatorSpec(
      estimator.ModeKeys.PREDICT,
      predictions=predictions,
      export_outputs={"predict": output},
    )

  def _decided(self, found: _Tensors, read: tf.Tensor) -> tf.Tensor:
    """Returns class ids, int64 [batch, tokens]; `NO_CLASS` of unread tokens."""
    ids = found["class_ids"][:, :, 0]
    return tf.where_v2(read, ids, tf.fill(tf.shape(ids), np.int64(NO_CLASS)))

  def _measured(
    self, features: _Tensors, logits: tf.Tensor, labels: tf.Tensor
  ) -> dict[str, Any]:
    """Returns metrics over all tokens with a label, those not read among them."""
    given = _is_given(labels)
    width = tf.shape(labels)[1]
    ids = self._decided(
      self.static_head.predictions(logits), features[TOKENS_READ]
    )
    predicted = _resized(ids, width, np.int64(NO_CLASS))
    wanted = self._ids(labels)
    # A token that was read and has no class, for NaN, is read.
    read = _resized(features[TOKENS_READ], width, False)
    metrics = {
      "accuracy": tf.metrics.accuracy(
        tf.boolean_mask(wanted, given), tf.boolean_mask(predicted, given)
      ),
      "tokens_read": tf.metrics.mean(
        tf.cast(tf.boolean_mask(read, given), tf.float32)
      ),
    }
    if self._vocabulary is not None and spans.are_tags(self._vocabulary):
      metrics |= spans.build_metrics(
        wanted, tf.where_v2(given, predicted, -1), self._vocabulary
      )
    return metrics

  def _ids(self, labels: tf.Tensor) -> tf.Tensor:
    """Returns class ids, int64 [batch, tokens]; -1 of padding."""
    if labels.dtype != tf.string:
      return tf.cast(labels, tf.int64)
    return look_up_ids(labels, self._vocabulary or ())


def _nothing(labels: tf.Tensor) -> str | int:
  return "" if labels.dtype == tf.string else -1


def _is_given(labels: tf.Tensor) -> tf.Tensor:
  return tf.not_equal(labels, _nothing(labels))


def _resized(tensor: tf.Tensor, length: tf.Tensor, value: Any) -> tf.Tensor:
  """Returns [batch, length], cut or filled up with a value."""
  missing = tf.maximum(length - tf.shape(tensor)[1], 0)
  filled = tf.pad(tensor, [[0, 0], [0, missing]], constant_values=value)
  return filled[:, :length]
