"""The training loop, alone or as one task of a cluster."""

from hub_estimator.training import (
  evaluating,
  hooks,
  many_steps,
  train_graph,
  training,
)
from hub_estimator.training.checked import Checked
from hub_estimator.training.memory import Memory
from hub_estimator.training.preemption import Preempted, Preemption

__all__ = [
  "Checked",
  "Memory",
  "Preempted",
  "Preemption",
  "evaluating",
  "hooks",
  "many_steps",
  "train_graph",
  "training",
]
