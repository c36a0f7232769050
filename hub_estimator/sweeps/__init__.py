"""Many runs from one config, over module handles and any binding, ranked."""

from hub_estimator.sweeps import leaderboard, report, running, study, worker
from hub_estimator.sweeps.running import rank, run_sweep
from hub_estimator.sweeps.space import read_space
from hub_estimator.sweeps.sweep import Sweep, read_sweep

__all__ = [
  "Sweep",
  "read_space",
  "study",
  "leaderboard",
  "rank",
  "read_sweep",
  "report",
  "run_sweep",
  "running",
  "worker",
]
