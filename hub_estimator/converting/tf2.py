"""Writes a module as a SavedModel of TensorFlow 2."""

import pathlib
from concurrent import futures

from hub_estimator.converting.plan import Plan, make_plan, refusal
from hub_estimator.converting.reusable import build_reusable
from hub_estimator.converting.variables import make_variables
from hub_estimator.errors import UserError, one_line
from hub_estimator.tensorflow_runtime import tf

__all__ = ["make_plan", "write_saved_model"]


def write_saved_model(plan: Plan, path: pathlib.Path) -> None:
  """Writes a module as a SavedModel.

  Args:
    plan: what becomes of the module.
    path: a directory that doesn't exist yet.

  Raises:
    UserError: TensorFlow can't save it, or this process has disabled eager
      execution.
  """
  # A thread has a stack of graphs of its own: the caller may be building one.
  with futures.ThreadPoolExecutor(max_workers=1) as thread:
    thread.submit(_write, plan, path).result()


def _write(plan: Plan, path: pathlib.Path) -> None:
  if not tf.executing_eagerly():
    raise UserError(
      "Converting a module needs eager execution, which this process has disabled."
    )
  try:
    root, signatures = build_reusable(plan, make_variables(plan))
    tf.compat.v2.saved_model.save(root, str(path), signatures)
  except UserError as error:
    raise refusal(plan.info, str(error)) from error
  except Exception as error:  # TensorFlow raises errors of any class.
    raise refusal(
      plan.info, f"{type(error).__name__}: {one_line(error)}"
    ) from error
