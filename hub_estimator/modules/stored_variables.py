"""A module's weights as its directory stores them, and in checkpoints of runs."""

import os
from collections.abc import Collection, Mapping

import numpy as np

from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.placing import place
from hub_estimator.modules.source import ModuleSource
from hub_estimator.modules.variant_info import VariableInfo
from hub_estimator.modules.variants import choose_tags
from hub_estimator.tensorflow_runtime import SaveableObject, SaveSpec, tf


def store_variables(
  info: ModuleInfo, source: ModuleSource, *, mode: str
) -> None:
  """Adds a frozen module's weights to checkpoints without placing the module.

  When a checkpoint is written, one op reads the weights from the module's
  directory. Evaluation, exports and other programs find in the checkpoint what
  `place` would have put there. A TensorFlow variable for each weight would take
  most of the time of a small run.

  Args:
    info: the description of a stored module whose weights the run keeps.
    source: the user's choice.
    mode: one of `tf.estimator.ModeKeys`.
  """
  variables = info.variant(choose_tags(info, source, mode)).variables
  if any("/part_" in name for name in variables):
    # A checkpoint names a partitioned variable differently than its parts.
    place(info, source, mode=mode)
  elif variables:
    tf.add_to_collection(
      tf.GraphKeys.SAVEABLE_OBJECTS, _StoredVariables(info, source, variables)
    )


class _StoredVariables(SaveableObject):
  """A module's variables as its directory stores them; restoring does nothing."""

  def __init__(
    self,
    info: ModuleInfo,
    source: ModuleSource,
    variables: Mapping[str, VariableInfo],
  ) -> None:
    names = sorted(variables)
    values = tf.raw_ops.RestoreV2(
      prefix=_checkpoint(info),
      tensor_names=names,
      shape_and_slices=[""] * len(names),
      dtypes=[tf.as_dtype(variables[name].dtype) for name in names],
    )
    specs = [
      SaveSpec(value, "", f"{source.name}/{name}", dtype=value.dtype)
      for name, value in zip(names, values, strict=True)
    ]
    super().__init__(values[0].op, specs, source.name)

  def restore(
    self, restored_tensors: object, restored_shapes: object
  ) -> tf.Operation:
    del restored_tensors, restored_shapes
    return tf.no_op()


def has_own_weights(
  info: ModuleInfo,
  source: ModuleSource,
  checkpoint: str,
  *,
  taken: Collection[str],
) -> bool:
  """Returns whether a model's checkpoint contains the module's stored weights.

  Args:
    info: the module's description.
    source: the user's choice.
    checkpoint: the prefix of a checkpoint of a model with the module.
    taken: names of the model's variables to compare; others don't count.
  """
  if info.path is None:
    return False
  names = set().union(*(v.variables for v in info.variants.values()))
  if not names:
    return True
  own = tf.train.load_checkpoint(_checkpoint(info))
  model = tf.train.load_checkpoint(checkpoint)
  for name in names:
    if f"{source.name}/{name}" not in taken:
      continue
    stored = name
    if not own.has_tensor(name):  # A part: the checkpoint stores the whole.
      stored = name.rsplit("/part_", 1)[0]
    if model.has_tensor(f"{source.name}/{stored}") and not np.array_equal(
      model.get_tensor(f"{source.name}/{stored}"), own.get_tensor(stored)
    ):
      return False
  return True


def _checkpoint(info: ModuleInfo) -> str:
  assert info.path is not None, f"{info.handle} isn't stored."
  return os.path.join(info.path, "variables", "variables")
