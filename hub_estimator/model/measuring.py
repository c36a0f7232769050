"""Measuring: a run's metrics, added to those of its head."""

from collections.abc import Mapping, Sequence

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.model.interface import Metric
from hub_estimator.tensorflow_runtime import estimator, tf

_RESERVED = ("loss", tf.GraphKeys.GLOBAL_STEP)


def add_metrics(
  spec: estimator.EstimatorSpec,
  metrics: Sequence[Metric],
  *,
  head: heads.Head,
  features: Mapping[str, tf.Tensor],
  labels: tf.Tensor,
) -> estimator.EstimatorSpec:
  """Returns an evaluation spec with more metrics in it.

  Args:
    spec: the head's.
    metrics: in the order in which their ops are added.
    head: a classifier.
    features: tensors [batch, ...] by name, with the head's weights.
    labels: strings of the head's vocabulary, or class ids; [batch] or
      [batch, 1].

  Raises:
    UserError: the head isn't a classifier, or two metrics have the same name, or one has
      a name that the run needs.
  """
  if not {"probabilities", "class_ids"} <= set(spec.predictions):
    raise UserError(
      "run.metrics need a classification head, heads.binary or "
      f"heads.multi_class; run.head is {head!r}."
    )
  (weight,) = heads.weight_columns(head) or (None,)
  weights = weight and tf.reshape(tf.cast(features[weight], tf.float32), [-1])
  labels = heads.build_class_ids(head, labels)
  added = dict(spec.eval_metric_ops)
  for metric in metrics:
    for name, value in metric.build(labels, spec.predictions, weights).items():
      if name in added:
        raise UserError(f"run.metrics has two metrics named {name!r}.")
      if name in _RESERVED:
        raise UserError(
          f"run.metrics has a metric named {name!r}, as the run's own is."
        )
      added[name] = value
  return spec._replace(eval_metric_ops=added)
