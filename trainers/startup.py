"""Imports TensorFlow without its remarks about GPUs that aren't there."""

import os
import re
import sys
import tempfile

# Written to the file descriptor by C++ before any log level is obeyed.
_REMARK = re.compile(
  r"^(WARNING: All log messages before absl|"
  r"[IWE]\d{4} .*(cuda|cudart|computation_placer|cpu_feature_guard|port\.cc)|"
  r".*(Unable to register cu|TF-TRT Warning|cpu_feature_guard|oneDNN custom)|"
  r"To enable the following instructions: )",
  re.IGNORECASE,
)


def import_tensorflow() -> None:
  """Imports the runtime; all that it wrote but those remarks is written on."""
  sys.stderr.flush()
  stderr = os.dup(2)
  with tempfile.TemporaryFile("w+", errors="replace") as written:
    os.dup2(written.fileno(), 2)
    try:
      from hub_estimator.tensorflow_runtime import tf

      # Looks for GPUs now rather than in the first session.
      tf.config.list_physical_devices("GPU")
    finally:
      sys.stderr.flush()
      os.dup2(stderr, 2)
      os.close(stderr)
      written.seek(0)
      for line in written:
        if line.strip() and not _REMARK.match(line):
          sys.stderr.write(line)
