"""Towers: one module on several devices, each with a part of the batch."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf

_Built = TypeVar("_Built")
_log = logging.getLogger(__name__)


def check(count: int) -> None:
  """Raises a UserError if there are more towers than this machine has GPUs.

  On a machine without GPUs, towers are CPU devices: nothing runs faster, but
  you can try out a run that is meant for GPUs.

  Args:
    count: number of towers.
  """
  gpus = len(tf.config.list_physical_devices("GPU"))
  if gpus and count > gpus:
    raise UserError(f"run.towers is {count}; this machine has {gpus} GPUs.")
  if not gpus and count > 1:
    _log.warning(
      "run.towers is %d, and this machine has no GPU: the towers are CPU devices, "
      "and nothing runs faster.",
      count,
    )


def with_devices(config: tf.ConfigProto | None, count: int) -> tf.ConfigProto:
  """Returns a session config; without GPUs it has a CPU device for each tower.

  Args:
    config: the config to copy, which isn't changed; None copies nothing.
    count: number of towers.
  """
  made = tf.ConfigProto()
  if config is not None:
    made.CopyFrom(config)
  if _kind() == "CPU":
    made.device_count["CPU"] = count
  return made


def build(
  function: Callable[[dict[str, tf.Tensor]], _Built],
  features: Mapping[str, tf.Tensor],
  count: int,
) -> list[_Built]:
  """Returns the results of a function, called on each device for its part.

  Variables and the ops that read them stay on the device on which they were
  placed, because TensorFlow keeps both together.

  Args:
    function: takes a part of the features.
    features: tensors [batch, ...] by name; `count` divides the batch.
    count: number of towers.
  """
  if count == 1:
    return [function(dict(features))]
  with tf.name_scope("split"):
    parts = {name: tf.split(tensor, count) for name, tensor in features.items()}
  built = []
  for tower in range(count):
    device = f"/device:{_kind()}:{tower}"
    with tf.device(lambda op, device=device: _device_of(op, device)):
      built.append(
        function({name: part[tower] for name, part in parts.items()})
      )
  return built


def _device_of(op: tf.Operation, device: str) -> str:
  """Returns the device for an op of a tower, given the tower's."""
  holds = any(
    tensor.dtype.base_dtype == tf.resource
    for tensor in (*op.inputs, *op.outputs)
  )
  return op.device if holds else device


def _kind() -> str:
  return "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
