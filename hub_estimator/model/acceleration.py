"""Faster training steps on some devices: bfloat16 and XLA.

Both change how a session runs a graph, not the graph. Variables, checkpoints
and exports stay as they are, and evaluation stays in float32, as consumers of
an export see it.
"""

import os
import pathlib

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tf,
)

_CPU_INFO = pathlib.Path("/proc/cpuinfo")
_XLA_ON_CPU = "--tf_xla_cpu_global_jit"


def check(
  *, mixed_precision: bool, xla: bool, cpu_info: pathlib.Path = _CPU_INFO
) -> None:
  """Raises a UserError for an option that gains nothing on this machine.

  On a CPU without bfloat16 matrix units, bfloat16 is slower than float32, or
  ends the process inside TensorFlow.

  Args:
    mixed_precision: whether steps compute in bfloat16 where that is safe.
    xla: whether XLA compiles the steps.
    cpu_info: the file that lists the CPU's flags.
  """
  has_gpu = bool(tf.config.list_physical_devices("GPU"))
  if mixed_precision and has_gpu:
    raise UserError(
      "run.mixed_precision is True, and this machine has a GPU. For GPUs, "
      "TensorFlow rewrites graphs to float16 only, whose gradients vanish "
      "without a scaled loss; use it on CPUs with bfloat16 matrix units."
    )
  if mixed_precision and not has_bfloat16_units(cpu_info):
    raise UserError(
      "run.mixed_precision is True, and this CPU has no bfloat16 matrix units "
      "(amx_bf16), without which bfloat16 is slower than float32."
    )
  off = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1").lower()
  if mixed_precision and off in ("0", "false"):
    raise UserError(
      "run.mixed_precision is True, and TF_ENABLE_ONEDNN_OPTS turns oneDNN "
      "off, which computes in bfloat16."
    )
  flags = os.environ.get("TF_XLA_FLAGS", "")
  if xla and not has_gpu and _XLA_ON_CPU not in flags:
    raise UserError(
      "run.xla is True, and this machine has no GPU. On a CPU, XLA makes steps "
      f"slower; to try it all the same, set TF_XLA_FLAGS={_XLA_ON_CPU}."
    )


def accelerate(
  made: estimator.Estimator, *, mixed_precision: bool, xla: bool
) -> None:
  """Makes an Estimator's sessions run graphs faster from now on.

  Args:
    made: the Estimator.
    mixed_precision: whether steps compute in bfloat16 where that is safe.
      Variables, losses and ops that need precision stay float32.
    xla: whether XLA compiles the steps.
  """
  config = estimator_internals.session_config(made)
  options = config.graph_options
  if mixed_precision:
    # 1 is RewriterConfig.ON, which tf.compat.v1 doesn't name.
    options.rewrite_options.auto_mixed_precision_onednn_bfloat16 = 1
  if xla:
    options.optimizer_options.global_jit_level = tf.OptimizerOptions.ON_1
  estimator_internals.set_session_config(made, config)


def has_bfloat16_units(cpu_info: pathlib.Path = _CPU_INFO) -> bool:
  """Returns whether a CPU has bfloat16 matrix units (amx_bf16).

  Args:
    cpu_info: the file that lists the CPU's flags; without it there are none.
  """
  try:
    return "amx_bf16" in cpu_info.read_text().split()
  except OSError:
    return False
