"""The ops that a step of a user's own train op runs."""

from collections.abc import Iterable

from hub_estimator.tensorflow_runtime import estimator, tf


def moves_step(spec: estimator.EstimatorSpec) -> bool:
  """Returns whether a spec's train op changes the global step."""
  step = tf.train.get_global_step()
  handle = step.handle.op if hasattr(step, "handle") else step.op
  return any(
    op.type.startswith(("Assign", "Scatter", "ResourceScatter"))
    and bool(op.inputs)
    and op.inputs[0].op is handle
    for op in ancestors([spec.train_op])
  )


def random_ops(spec: estimator.EstimatorSpec) -> list[str]:
  """Returns the types of the ops of a step that draw at random, sorted.

  They draw from the beginning in a session that resumes, unlike the stateless ones.

  Args:
    spec: of TRAIN mode.
  """
  return sorted(
    {
      op.type
      for op in ancestors([spec.train_op])
      if {"seed", "seed2"} <= {attr.name for attr in op.op_def.attr}
    }
  )


def ancestors(
  roots: Iterable[tf.Operation | tf.Tensor],
) -> set[tf.Operation]:
  """Returns all ops that must run for some to run, themselves included."""
  found: set[tf.Operation] = set()
  todo = [getattr(root, "op", root) for root in roots]
  while todo:
    op = todo.pop()
    if op not in found:
      found.add(op)
      todo.extend(tensor.op for tensor in op.inputs)
      todo.extend(op.control_inputs)
  return found
