"""A module's description for people and programs: text, JSON or a run config."""

from hub_estimator.modules.inspecting.conformance import common_signatures
from hub_estimator.modules.inspecting.description import describe
from hub_estimator.modules.inspecting.run_config import to_gin
from hub_estimator.modules.inspecting.text import to_text

__all__ = [
  "common_signatures",
  "describe",
  "to_gin",
  "to_text",
]
