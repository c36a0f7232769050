"""The contracts of a model's parts: encoder, top, metric and column.

A part of yours is any object with the methods of its Protocol; gin and Python
accept it wherever they accept this package's parts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from hub_estimator.model.application import Application
from hub_estimator.tensorflow_runtime import tf

# float32 [batch, width], or one of these for each head by name.
HeadInput: TypeAlias = "tf.Tensor | Mapping[str, tf.Tensor]"
# (value, update op) by name, as `tf.metrics` makes them.
Metrics: TypeAlias = "dict[str, tuple[tf.Tensor, tf.Operation]]"


class Encoder(Protocol):
  """Says which modules are applied to which features, and joins their outputs.

  An encoder is plain data until `combine` adds ops; the `model_fn` places and
  applies the modules.
  """

  def applications(self) -> Sequence[Application]:
    """Returns the applications, in the order that `combine` takes outputs."""

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> HeadInput:
    """Returns the head's input.

    Args:
      outputs: float32 [batch, width], one for each application.
      features: all of the data's, [batch, ...] by name.

    Returns:
      float32 [batch, width], or one of these for each head by name.
    """


class Top(Protocol):
  """Computes the logits: the layers between a module's output and its head."""

  def build(
    self, features: tf.Tensor, *, units: int, training: bool
  ) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Adds the layers.

    Args:
      features: float32 [batch, width].
      units: the head's logits dimension.
      training: whether dropout is on.

    Returns:
      (logits float32 [batch, units], regularization losses).
    """


class Metric(Protocol):
  """Measures a classifier in evaluation, beside the head's own metrics."""

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

    Returns:
      (value, update op) by name.

    Raises:
      UserError: the metric doesn't fit the head.
    """


class Column(Protocol):
  """Turns a feature that no module reads into numbers."""

  @property
  def key(self) -> str:
    """The name of the feature."""

  def build(self, feature: tf.Tensor) -> Any:
    """Returns a dense `tf.feature_column`, which has no public type.

    Args:
      feature: the feature, [batch, ...].

    Raises:
      UserError: the feature is of the wrong type.
    """
