"""The loss of an evaluation: the mean over examples, by weight.

Estimator's own `loss` is the mean of the batches' losses, in which an example of a
small last batch counts for more.
"""

from collections.abc import Mapping
from typing import Any

from hub_estimator import heads
from hub_estimator.model.interface import HeadInput
from hub_estimator.tensorflow_runtime import estimator, tf

# The metric that a run reports as `loss`: Estimator allows no metric of that name.
EXAMPLES_LOSS = "loss/examples"
_LOSS, _AVERAGE = "loss", "average_loss"
_Tensors = Mapping[str, tf.Tensor]


def add_loss(
  spec: estimator.EstimatorSpec,
  *,
  head: heads.Head,
  built: estimator.Head,
  logits: HeadInput,
  features: _Tensors,
  labels: tf.Tensor | _Tensors,
) -> estimator.EstimatorSpec:
  """Returns an evaluation spec with the metric `EXAMPLES_LOSS`.

  Under `heads.multi`, it is the weighted sum of the heads' means, which become their
  metrics "loss/<head>".

  Args:
    spec: the head's.
    head: the run's.
    built: what its `build` returned.
    logits: float32 [batch, width], or one of these for each head by name.
    features: tensors [batch, ...] by name, with the weights of examples.
    labels: tensor [batch, ...], or one for each head.
  """
  metrics = dict(spec.eval_metric_ops or {})
  if isinstance(head, heads.Multi):
    total = tf.constant(0.0)
    updates = []
    by_head = _by_head(logits, built)
    for part in heads.built_parts(built):
      metric = metrics.get(f"{_AVERAGE}/{part.name}")
      if metric is None:
        loss = part.loss(
          labels[part.name],
          by_head[part.name],
          features=features,
        )
        metric = mean_by_size(loss, labels[part.name])
      value, update = _opened(metric)
      metrics[f"{_LOSS}/{part.name}"] = value, update
      total += (head.weights or {}).get(part.name, 1.0) * value
      updates.append(update)
    metrics[EXAMPLES_LOSS] = total, tf.group(*updates)
  elif _AVERAGE in metrics:
    metrics[EXAMPLES_LOSS] = _opened(metrics[_AVERAGE])
  else:
    metrics[EXAMPLES_LOSS] = mean_by_size(spec.loss, labels)
  return spec._replace(eval_metric_ops=metrics)


def _by_head(
  logits: HeadInput, built: estimator.Head
) -> Mapping[str, tf.Tensor]:
  """Returns the logits of each part of `heads.multi`, which lie side by side."""
  if isinstance(logits, Mapping):
    return logits
  widths = heads.logits_dimensions(built)
  parts = tf.split(logits, list(widths.values()), axis=-1)
  return dict(zip(widths, parts, strict=True))


def _opened(metric: Any) -> tuple[tf.Tensor, tf.Operation]:
  """Returns a metric's value, and an op; what updates it runs anyway."""
  if isinstance(metric, tuple):
    return metric
  return metric.result(), tf.no_op()


def mean_by_size(
  loss: tf.Tensor, labels: tf.Tensor | _Tensors
) -> tuple[tf.Tensor, tf.Operation]:
  """Returns the metric of a loss that is the mean over each batch's examples.

  Args:
    loss: scalar, of a batch.
    labels: of the batch, [batch, ...], or several by name; features do as well.
  """
  one = labels if tf.is_tensor(labels) else next(iter(labels.values()))
  return tf.metrics.mean(loss, tf.cast(tf.shape(one)[0], tf.float32))
