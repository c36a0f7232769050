"""What makes steps of training faster on some devices: bfloat16 and XLA.

Both change how a session runs a graph, not the graph: variables, checkpoints and
exports stay what they are, and evaluation sees float32 as those who load an export do.
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


def check(*, mixed_precision: bool, xla: bool) -> None:
  """Raises a UserError for what this machine gains nothing from.

  A CPU without bfloat16 matrix units takes longer by it, or ends the process inside
  TensorFlow.

  Args:
    mixed_precision: whether steps compute in bfloat16 what can be.
    xla: whether XLA compiles them.
  """
  has_gpu = bool(tf.config.list_physical_devices("GPU"))
  if mixed_precision and has_gpu:
    raise UserError(
      "run.mixed_precision is True, and this machine has a GPU, on which "
      "TensorFlow rewrites graphs to float16 only, whose gradients vanish "
      "without a scaled loss; it is for CPUs with bfloat16 matrix units."
    )
  if mixed_precision and not _has_bfloat16_units():
    raise UserError(
      "run.mixed_precision is True, and this CPU has no bfloat16 matrix units "
      "(amx_bf16), without which bfloat16 is slower than float32."
    )
  off = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1").lower()
  if mixed_precision and off in ("0", "false"):
    raise UserError(
      "run.mixed_precision is True, and TF_ENABLE_ONEDNN_OPTS turns oneDNN off, "
      "which computes in bfloat16."
    )
  flags = os.environ.get("TF_XLA_FLAGS", "")
  if xla and not has_gpu and _XLA_ON_CPU not in flags:
    raise UserError(
      "run.xla is True, and this machine has no GPU; on a CPU XLA makes steps "
      f"slower, and is tried with TF_XLA_FLAGS={_XLA_ON_CPU}."
    )


def accelerate(
  made: estimator.Estimator, *, mixed_precision: bool, xla: bool
) -> None:
  """Lets an Estimator's sessions run graphs so from now on.

  Args:
    made: the Estimator.
    mixed_precision: as for `check`. Variables, losses and what is sensitive stay
      float32.
    xla: as for `check`.
  """
  config = estimator_internals.session_config(made)
  options = config.graph_options
  if mixed_precision:
    # 1 is RewriterConfig.ON, which tf.compat.v1 doesn't name.
    options.rewrite_options.auto_mixed_precision_onednn_bfloat16 = 1
  if xla:
    options.optimizer_options.global_jit_level = tf.OptimizerOptions.ON_1
  estimator_internals.set_session_config(made, config)


def _has_bfloat16_units() -> bool:
  try:
    return "amx_bf16" in _CPU_INFO.read_text().split()
  except OSError:
    return False
