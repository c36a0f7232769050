"""The guidance for module publishers, as checks."""

from hub_estimator.linting.lint import SEVERITIES, lint

__all__ = [
  "SEVERITIES",
  "lint",
]
