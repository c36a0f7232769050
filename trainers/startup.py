"""Imports TensorFlow without its warnings about missing GPUs."""

import os
import re
import sys
import tempfile

# C++ writes these to the file descriptor before log levels apply.
_REMARK = re.compile(
  r"^(WARNING: All log messages before absl|"
  r"[IWE]\d{4} .*(cuda|cudart|computation_placer|cpu_feature_guard|port\.cc)|"
  r".*(Unable to register cu|TF-TRT Warning|cpu_feature_guard|oneDNN custom)|"
  r"To enable the following instructions: )",
  re.IGNORECASE,
)


def import_tensorflow() -> None:
  """Imports the runtime and drops its startup remarks from standard error."""
  sys.stderr.flush()
  stderr = os.dup(2)
  with tempfile.TemporaryFile("w+", errors="replace") as written:
    os.dup2(written.fileno(), 2)
    try:
      from hub_estimator.tensorflow_runtime import tf

      # Look for GPUs now rather than in the first session.
      tf.config.list_physical_devices("GPU")
    finally:
      sys.stderr.flush()
      os.dup2(stderr, 2)
      os.close(stderr)
      written.seek(0)
      for line in written:
        if line.strip() and not is_remark(line):
          sys.stderr.write(line)


def is_remark(line: str) -> bool:
  """Returns whether a line is one of TensorFlow's remarks about absent GPUs."""
  return _REMARK.match(line) is not None
