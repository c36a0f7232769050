"""Eager execution beside graphs that are being built."""

from collections.abc import Callable
from concurrent import futures
from typing import TypeVar

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf

T = TypeVar("T")


def run_eagerly(function: Callable[[], T]) -> T:
  """Returns what a function returns that needs eager execution.

  Raises:
    UserError: this process has disabled eager execution.
  """

  def run() -> T:
    if not tf.executing_eagerly():
      raise UserError(
        "Converting a module needs eager execution, which this process has "
        "disabled."
      )
    return function()

  # A thread has a stack of graphs of its own: the caller may be building one.
  with futures.ThreadPoolExecutor(max_workers=1) as thread:
    return thread.submit(run).result()
