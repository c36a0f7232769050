"""Steps of a user's own train op that stop where loss or gradients aren't finite."""

from hub_estimator import optimizers
from hub_estimator.model.models import step_ops
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
  reached = step_ops.ancestors([spec.train_op])
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
  needed = step_ops.ancestors([finite])
  for op in reached - needed:
    # A control input can't reach into a loop or branch of the old kind.
    if op.type.startswith(_WRITES) and not tensorflow_internals.is_nested(op):
      tensorflow_internals.run_after(op, finite)
  return spec._replace(train_op=tf.group(spec.train_op, finite))
