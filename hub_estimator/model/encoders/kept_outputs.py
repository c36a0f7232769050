"""Kept outputs: features that hold what modules computed before."""

from collections.abc import Mapping


def output_key(index: int) -> str:
  """Returns the feature that holds an application's output, computed before.

  Args:
    index: the application's place in `applications()`.
  """
  return f"hub_estimator_output_{index}"


def holds_outputs(features: Mapping[str, object]) -> bool:
  """Returns whether features are outputs of modules, not inputs to them.

  Args:
    features: by name; only the names matter.
  """
  return output_key(0) in features
