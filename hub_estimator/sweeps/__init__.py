"""Many runs from one config, over module handles and any binding, ranked."""

from hub_estimator.sweeps import leaderboard, report
from hub_estimator.sweeps.asking import ask
from hub_estimator.sweeps.leaderboard import Leaderboard
from hub_estimator.sweeps.notation import read_space
from hub_estimator.sweeps.outcome import Outcome
from hub_estimator.sweeps.row import Row
from hub_estimator.sweeps.running import rank, run_sweep
from hub_estimator.sweeps.slots import trials_of
from hub_estimator.sweeps.study import open_study
from hub_estimator.sweeps.sweep import Sweep, read_sweep
from hub_estimator.sweeps.sweep_dir import SweepDir
from hub_estimator.sweeps.trial_loop import work

__all__ = [
  "Leaderboard",
  "Outcome",
  "Row",
  "Sweep",
  "SweepDir",
  "ask",
  "leaderboard",
  "open_study",
  "rank",
  "read_space",
  "read_sweep",
  "report",
  "run_sweep",
  "trials_of",
  "work",
]
