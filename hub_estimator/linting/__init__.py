"""Checks a module against the guidance for publishers of TF1 Hub modules.

Source: tensorflow.org/hub/tf1_hub_module ("For publishers") and
tensorflow.org/hub/common_signatures. The checks read the stored graph; they
create no variables.
"""

from hub_estimator.linting.finding import SEVERITIES, Finding
from hub_estimator.linting.lint import lint

__all__ = [
  "SEVERITIES",
  "Finding",
  "lint",
]
