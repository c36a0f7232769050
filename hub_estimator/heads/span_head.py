"""A head of tf.estimator's kind that chooses the first and the last of some words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub_estimator.heads.token_features import TOKENS_READ, WORDS
from hub_estimator.tensorflow_runtime import estimator, tf

_IMPOSSIBLE = -1e9  # The logit of a word that wasn't read.
_Tensors = Mapping[str, tf.Tensor]


class SpanHead(estimator.Head):
  """Softmax over the words for where a span begins, and for where it ends."""

  def __init__(self, max_words: int) -> None:
    """Makes the head.

    Args:
      max_words: of a predicted span.
    """
    self._max_words = max_words

  @property
  def name(self) -> None:
    """None: it is never one of several heads."""
    return None

  @property
  def logits_dimension(self) -> int:
    """Two numbers for each word."""
    return 2

  @property
  def loss_reduction(self) -> str:
    """The mean over examples."""
    return str(tf.losses.Reduction.SUM_OVER_BATCH_SIZE)

  def loss(
    self,
    labels: tf.Tensor,
    logits: tf.Tensor,
    features: _Tensors | None = None,
    mode: str | None = None,
    regularization_losses: Sequence[tf.Tensor] | None = None,
  ) -> tf.Tensor:
    """Returns the mean over answers that were read, 0 without any.

    Args:
      labels: positions of the first and of the last word, int64 [batch, 2].
      logits: float32 [batch, words, 2].
      features: with `TOKENS_READ`.
      mode: isn't used.
      regularization_losses: are added.
    """
    del mode
    losses, is_read = self._losses(labels, logits, features or {})
    total = tf.div_no_nan(
      tf.reduce_sum(losses * is_read), tf.reduce_sum(is_read)
    )
    return tf.add_n([total, *(regularization_losses or ())])

  def predictions(
    self, logits: tf.Tensor, keys: Sequence[str] | None = None
  ) -> dict[str, tf.Tensor]:
    """Raises an error: predictions also need to know which words were read."""
    raise NotImplementedError

  def metrics(
    self, regularization_losses: Sequence[tf.Tensor] | None = None
  ) -> dict[str, Any]:
    """Returns none of Keras's metrics."""
    del regularization_losses
    return {}

  def update_metrics(self, eval_metrics: Any, *args: Any, **kwargs: Any) -> Any:
    """Returns the metrics as they are."""
    del args, kwargs
    return eval_metrics

  def create_estimator_spec(
    self,
    features: _Tensors,
    mode: str,
    logits: tf.Tensor,
    labels: tf.Tensor | None = None,
    train_op_fn: Callable[[tf.Tensor], tf.Operation] | None = None,
    regularization_losses: Sequence[tf.Tensor] | None = None,
    **kwargs: Any,
  ) -> estimator.EstimatorSpec:
    """Returns the spec of one mode; see `tf.estimator.Head`.

    Args:
      features: with `TOKENS_READ`, and perhaps `WORDS`.
      mode: one of `tf.estimator.ModeKeys`.
      logits: float32 [batch, words, 2].
      labels: int64 [batch, 2].
      train_op_fn: makes the op of a step from the loss.
      regularization_losses: are added to the loss of training.
      **kwargs: aren't used.
    """
    del kwargs
    spans = self._choose(logits, features)
    if mode == estimator.ModeKeys.PREDICT:
      output = estimator.export.PredictOutput(spans)
      return estimator.EstimatorSpec(
        mode, predictions=spans, export_outputs={"predict": output}
      )
    loss = self.loss(
      labels, logits, features, regularization_losses=regularization_losses
    )
    if mode == estimator.ModeKeys.TRAIN:
      assert train_op_fn is not None
      return estimator.EstimatorSpec(
        mode, loss=loss, train_op=train_op_fn(loss)
      )
    losses, is_read = self._losses(labels, logits, features)
    return estimator.EstimatorSpec(
      mode,
      loss=loss,
      predictions=spans,
      eval_metric_ops={
        "average_loss": tf.metrics.mean(losses, is_read),
        "answers_read": tf.metrics.mean(is_read),
        **_measure(spans["first"], spans["last"], labels),
      },
    )

  def _losses(
    self, labels: tf.Tensor, logits: tf.Tensor, features: _Tensors
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns (loss of each answer, 1 if it was read and 0 if not)."""
    read = features[TOKENS_READ]
    n_words = tf.shape(read, out_type=tf.int64)[1]
    inside = tf.maximum(tf.minimum(labels, n_words - 1), 0)
    is_read = tf.gather(read, inside, batch_dims=1) & (labels < n_words)
    is_read = tf.cast(tf.reduce_all(is_read, axis=1), tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
      labels=inside, logits=tf.transpose(_masked(logits, read), [0, 2, 1])
    )
    return tf.reduce_mean(losses, axis=1) * is_read, is_read

  def _choose(
    self, logits: tf.Tensor, features: _Tensors
  ) -> dict[str, tf.Tensor]:
    """Returns the most probable span of each example, by name.

    "first" and "last" are positions, int64 [batch], -1 if no word was read;
    "probability" is float32 [batch]; "answer", strings [batch], its words.
    """
    read = features[TOKENS_READ]
    log = tf.nn.log_softmax(_masked(logits, read), axis=1)
    n_words = tf.shape(read, out_type=tf.int64)[1]
    pairs = log[:, :, tf.newaxis, 0] + log[:, tf.newaxis, :, 1]
    in_order = tf.linalg.band_part(
      tf.ones_like(pairs),
      tf.zeros([], tf.int64),
      tf.minimum(n_words, self._max_words) - 1,
    )
    pairs = tf.where_v2(in_order > 0, pairs, 2 * _IMPOSSIBLE)
    best = tf.argmax(tf.reshape(pairs, [-1, n_words * n_words]), axis=1)
    known = tf.reduce_any(read, axis=1) & tf.reduce_all(
      tf.math.is_finite(tf.reduce_max(pairs, axis=[1, 2], keepdims=True)),
      axis=[1, 2],
    )
    nowhere = tf.fill(tf.shape(best), tf.constant(-1, tf.int64))
    first = tf.where_v2(known, best // n_words, nowhere)
    last = tf.where_v2(known, best % n_words, nowhere)
    largest = tf.exp(tf.reduce_max(pairs, axis=[1, 2]))
    found = {"first": first, "last": last, "probability": largest}
    if WORDS in features:
      found["answer"] = _joined(features[WORDS], first, last)
    return found


def _masked(logits: tf.Tensor, read: tf.Tensor) -> tf.Tensor:
  return tf.where_v2(read[:, :, tf.newaxis], logits, _IMPOSSIBLE)


def _joined(words: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
  """Returns the words of spans with spaces between them, strings [batch]."""
  inside = _is_inside(tf.shape(words, out_type=tf.int64)[1], first, last)
  chosen = tf.ragged.boolean_mask(words, inside)
  return tf.strings.reduce_join(chosen, axis=1, separator=" ")


def _is_inside(
  n_words: tf.Tensor, first: tf.Tensor, last: tf.Tensor
) -> tf.Tensor:
  """Returns which words are in spans, bool [batch, words]."""
  places = tf.range(n_words)[tf.newaxis, :]
  is_behind = places >= tf.maximum(first, 0)[:, tf.newaxis]
  return is_behind & (places <= last[:, tf.newaxis])


def _measure(
  first: tf.Tensor, last: tf.Tensor, labels: tf.Tensor
) -> dict[str, tuple[tf.Tensor, tf.Operation]]:
  """Returns "exact_match", and "word_f1" of the words that spans share."""
  wanted_first, wanted_last = tf.unstack(labels, axis=1)
  is_exact = tf.equal(first, wanted_first) & tf.equal(last, wanted_last)
  shared = tf.minimum(last, wanted_last) - tf.maximum(first, wanted_first) + 1
  sizes = (wanted_last - wanted_first + 1) + (last - first + 1)
  f1 = 2 * tf.maximum(shared, 0) / sizes
  f1 = tf.where_v2(first < 0, tf.zeros_like(f1), f1)
  return {
    "exact_match": tf.metrics.mean(tf.cast(is_exact, tf.float32)),
    "word_f1": tf.metrics.mean(tf.cast(f1, tf.float32)),
  }
