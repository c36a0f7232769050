"""One module on several devices of a process, each with its part of the batch."""

from collections.abc import Callable, Mapping
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf


def check(count: int) -> None:
  """Raises a UserError for more towers than this machine has GPUs.

  Without any, towers are devices of the CPU: nothing is gained, and a run that is
  meant for GPUs can be tried.

  Args:
    count: of towers.
  """
  gpus = len(tf.config.list_physical_devices("GPU"))
  if gpus and count > gpus:
    raise UserError(f"run.towers is {count}; this machine has {gpus} GPUs.")


def with_devices(config: tf.ConfigProto | None, count: int) -> tf.ConfigProto:
  """Returns a session's config with a CPU device a tower, where there is no GPU.

  Args:
    config: is left as it is.
    count: of towers.
  """
  made = tf.ConfigProto()
  if config is not None:
    made.CopyFrom(config)
  if _kind() == "CPU":
    made.device_count["CPU"] = count
  return made


def build(
  function: Callable[[dict[str, tf.Tensor]], Any],
  features: Mapping[str, tf.Tensor],
  count: int,
) -> list[Any]:
  """Returns what a function builds on each device.

  Variables, and what reads them, stay where they were placed: TensorFlow keeps both
  together.

  Args:
    function: of a part of the features.
    features: tensors [batch, ...]; `count` divides the batch.
    count: of towers.
  """
  if count == 1:
    return [function(dict(features))]
  with tf.name_scope("split"):
    parts = {name: tf.split(tensor, count) for name, tensor in features.items()}
  built = []
  for tower in range(count):
    device = f"/device:{_kind()}:{tower}"
    with tf.device(lambda op, device=device: _device_of(op, device)):
      built.append(function({name: of[tower] for name, of in parts.items()}))
  return built


def _device_of(op: tf.Operation, device: str) -> str:
  holds = any(
    tensor.dtype.base_dtype == tf.resource
    for tensor in (*op.inputs, *op.outputs)
  )
  return op.device if holds else device


def _kind() -> str:
  return "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
