"""Every file that a run leaves: its names, checkpoints, versions and result."""

from hub_estimator.model_dir import (
  checkpoints,
  results,
  starting_weights,
  versions,
)
from hub_estimator.model_dir.directory import InUse, check_writable, hold
from hub_estimator.model_dir.headline import headline
from hub_estimator.model_dir.json_files import read_json, write_json
from hub_estimator.model_dir.result import Result
from hub_estimator.model_dir.starting_weights import StartingWeights
from hub_estimator.model_dir.versions import Version
from hub_estimator.model_dir.workdir import Workdir, open_run

__all__ = [
  "InUse",
  "Result",
  "StartingWeights",
  "Version",
  "Workdir",
  "check_writable",
  "checkpoints",
  "headline",
  "hold",
  "open_run",
  "read_json",
  "results",
  "starting_weights",
  "versions",
  "write_json",
]
