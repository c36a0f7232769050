"""A program's arguments and logs; the classes that are Workers."""

import inspect
import pathlib

import pytest

from hub_estimator.workers import Processes, Program, RayWorkers, Workers


def test_each_worker_has_its_number_as_last_argument_and_its_own_log():
  program = Program("a.module", ["of all"], pathlib.Path("/logs"))
  assert program.arguments_of(3) == ["of all", "3"]
  assert program.log_of(3) == pathlib.Path("/logs/worker_3.log")


@pytest.mark.parametrize("kind", [Processes, RayWorkers])
def test_every_kind_of_workers_has_the_same_methods(kind):
  methods = [name for name, _ in inspect.getmembers(Workers, callable)]
  for name in ("start_missing", "reap", "any_alive", "stop", "__len__"):
    assert name in methods
    assert inspect.signature(getattr(kind, name)) == inspect.signature(
      getattr(Workers, name)
    )
