"""Steps of a user's own train op that stop where loss or gradients aren't finite."""

from collections.abc import Iterable

from hub_estimator import optimizers
from hub_estimator.tensorflow_runtime import (
  estimator,
  tensorflow_internals,
  tf,
)

_APPLIES = ("Apply", "ResourceApply", "ResourceSparseApply", "SparseApply")
_WRITES = (*_APPLIES, "Assign", "Scatter", "ResourceScatter")


def require_finite(spec: estimator.EstimatorSpec) -> estimator.EstimatorSpec:
  """Returns a spec whose train op fails before a loss of NaN moves a variable.

  Args:
    spec: of TRAIN mode. Its gradients are those that optimizers of TensorFlow apply.
  """
  reached = _ancestors([spec.train_op])
  gradients = [
    tensor
    for op in reached
    if op.type.startswith(_APPLIES)
    for argument, tensor in zip(op.op_def.input_arg, op.inputs, strict=False)
    if argument.name == "grad"
  ]
  gradients.sort(key=lambda tensor: tensor.name)
  with tf.name_scope(None):
    finite = optimizers.assert_finite(
      spec.loss, gradients, tf.train.get_or_create_global_step()
    )
  needed = _ancestors([finite])
  for op in reached - needed:
    # A control input can't reach into a loop or branch of the old kind.
    if op.type.startswith(_WRITES) and not tensorflow_internals.is_nested(op):
      tensorflow_internals.run_after(op, finite)
  return spec._replace(train_op=tf.group(spec.train_op, finite))


def moves_step(spec: estimator.EstimatorSpec) -> bool:
  """Returns whether a spec's train op changes the global step."""
  step = tf.train.get_global_step()
  handle = step.handle.op if hasattr(step, "handle") else step.op
  return any(
    op.type.startswith(("Assign", "Scatter", "ResourceScatter"))
    and bool(op.inputs)
    and op.inputs[0].op is handle
    for op in _ancestors([spec.train_op])
  )


def _ancestors(
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
