"""Gradients summed over batches: a large batch in little memory."""

from collections.abc import Callable, Sequence

from hub_estimator.optimizers.updates import GradientAndVariable
from hub_estimator.tensorflow_runtime import tf

# Collection of the step at which an earlier training of the run, with fewer
# steps, has applied the rest of its gradients. A tuple as the key keeps it out of
# exported graphs.
REST_APPLIED_AT = ("hub_estimator_rest_applied_at",)


def accumulate(
  pairs: Sequence[GradientAndVariable],
  move: Callable[[Sequence[GradientAndVariable]], list[tf.Operation]],
  *,
  batches: int,
  step: tf.Variable,
  max_steps: int | None,
) -> list[tf.Operation]:
  """Returns the ops that sum gradients and move variables every few batches.

  Args:
    pairs: the batch's gradients and their variables.
    move: builds the ops that move variables by given gradients.
    batches: how many batches make one move, by the mean of their gradients.
    step: the global step, which counts batches.
    max_steps: the step at which fewer batches make a move; None means at none.
  """
  with tf.init_scope():  # Outside of a loop of steps, so that it can be fed.
    rest = tf.constant(0, tf.int64)
  tf.add_to_collection(REST_APPLIED_AT, rest)
  sums = _build_sums([v for _, v in pairs])
  added = [_add(total, g) for total, (g, _) in zip(sums, pairs, strict=True)]

  is_due = tf.equal((step + 1) % batches, 0)
  if max_steps is not None:
    is_due |= tf.equal(step + 1, max_steps)
  count = step + 1 - tf.maximum(step - step % batches, rest)

  def move_and_reset() -> tf.Tensor:
    means = [
      (total.read_value() / tf.cast(count, total.dtype.base_dtype), v)
      for total, (_, v) in zip(sums, pairs, strict=True)
    ]
    with tf.control_dependencies(move(means)):
      emptied = [t.assign(tf.zeros_like(t), read_value=False) for t in sums]
    with tf.control_dependencies(emptied):
      return tf.constant(True)

  with tf.control_dependencies(added):
    return [
      tf.cond(
        is_due,
        move_and_reset,
        lambda: tf.constant(False),
      )
    ]


def _build_sums(variables: Sequence[tf.Variable]) -> list[tf.Variable]:
  with tf.name_scope(None), tf.variable_scope("accumulated"):
    return [
      tf.get_variable(
        v.op.name,
        v.shape,
        v.dtype.base_dtype,
        tf.zeros_initializer(),
        trainable=False,
        use_resource=True,
      )
      for v in variables
    ]


def _add(
  total: tf.Variable, gradient: tf.Tensor | tf.IndexedSlices
) -> tf.Operation:
  if isinstance(gradient, tf.IndexedSlices):
    return total.scatter_add(gradient)
  return total.assign_add(gradient, read_value=False)
