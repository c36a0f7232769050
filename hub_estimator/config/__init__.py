"""The config of a run: gin files parsed, built into values and dumped.

A config is gin's global state. `parse` always clears it first, so that bindings of
an earlier run can't leak into the next.
"""

from hub_estimator.config.bindings import (
  build,
  operative_text,
  run_text,
  take_raw,
  text,
)
from hub_estimator.config.bound_functions import BoundFunction
from hub_estimator.config.gin_files import CONFIGS_DIR, shipped
from hub_estimator.config.gin_internals import registered_parts
from hub_estimator.config.parsing import (
  SITE_FILE,
  clear,
  import_path,
  parse,
  site_files,
)
from hub_estimator.config.safe_imports import SAFE, may_import
from hub_estimator.config.unread import (
  command_line_reads,
  nearest_read,
  require_read,
)

__all__ = [
  "BoundFunction",
  "CONFIGS_DIR",
  "SAFE",
  "SITE_FILE",
  "build",
  "clear",
  "command_line_reads",
  "import_path",
  "may_import",
  "nearest_read",
  "operative_text",
  "parse",
  "registered_parts",
  "require_read",
  "run_text",
  "shipped",
  "site_files",
  "take_raw",
  "text",
]
