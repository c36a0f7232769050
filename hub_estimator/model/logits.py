"""Logits: a top on the head's input, or one for each of several heads."""

from collections.abc import Mapping

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.model.interface import HeadInput, Top
from hub_estimator.tensorflow_runtime import estimator, tf


def build_logits(
  top: Top, head_input: HeadInput, head: estimator.Head, *, training: bool
) -> tuple[HeadInput, list[tf.Tensor]]:
  """Adds the top's ops.

  Args:
    top: computes the logits; is built once for each head with its own input.
    head_input: float32 [batch, width], or one of these for each head by name.
    head: the built head; it sizes the logits.
    training: whether dropout is on.

  Returns:
    (logits, or logits by head; regularization losses).

  Raises:
    UserError: the encoder's outputs are for other heads than there are.
  """
  if not isinstance(head_input, Mapping):
    return top.build(head_input, units=head.logits_dimension, training=training)
  units = heads.logits_dimensions(head)
  if set(units) != set(head_input):
    raise UserError(
      "The encoder gives outputs for the heads "
      f"{', '.join(sorted(head_input))}; run.head has: "
      f"{', '.join(sorted(units)) or 'one without a name'}."
    )
  logits, losses = {}, []
  for name, tensor in head_input.items():
    with tf.variable_scope(name):
      logits[name], added = top.build(
        tensor, units=units[name], training=training
      )
    losses += added
  return logits, losses
