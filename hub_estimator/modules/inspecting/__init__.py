"""A module's description for people and programs: text, JSON or a run config."""

from hub_estimator.modules.inspecting.conformance import common_signatures
from hub_estimator.modules.inspecting.description import describe
from hub_estimator.modules.inspecting.needs import (
  COLUMNS,
  IMAGES,
  TEXT,
  VECTOR,
  Needs,
  needs_of,
)
from hub_estimator.modules.inspecting.run_config import (
  module_bindings,
  to_gin,
)
from hub_estimator.modules.inspecting.text import to_text

__all__ = [
  "COLUMNS",
  "IMAGES",
  "TEXT",
  "VECTOR",
  "Needs",
  "common_signatures",
  "describe",
  "module_bindings",
  "needs_of",
  "to_gin",
  "to_text",
]
