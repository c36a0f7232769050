"""A hook as people have them, for processes that a test starts."""

import json
import os
import pathlib

import gin

from hub_estimator.tensorflow_runtime import estimator


@gin.register("noting", module="tests")
class Noting(estimator.SessionRunHook):
  """Writes how many `session.run`s its task saw."""

  def __init__(self, name: str):
    task = json.loads(os.environ["TF_CONFIG"])["task"]
    self._file = pathlib.Path(
      os.environ["NOTES"], f"{name}-{task['type']}.note"
    )
    self._runs = 0

  def after_run(self, run_context, run_values):
    self._runs += 1

  def end(self, session):
    self._file.write_text(str(self._runs))
