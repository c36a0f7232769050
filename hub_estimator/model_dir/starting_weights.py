"""The weights that a new run starts with: of a checkpoint, a run or an export."""

import dataclasses
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.model_dir.workdir import Workdir
from hub_estimator.tensorflow_runtime import estimator, tf

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class StartingWeights:
  """What is taken of a checkpoint.

  Attributes:
    checkpoint: its path.
    taken: names of the variables that start with its values.
    new: names of the model's others.
  """

  checkpoint: str
  taken: Sequence[str]
  new: Sequence[str]

  def log(self) -> None:
    """Tells what is taken."""
    _log.info(
      "Starting from %s: %d variables taken, %d new%s.",
      self.checkpoint,
      len(self.taken),
      len(self.new),
      f" ({', '.join(self.new[:5])})" if self.new else "",
    )

  def report(self) -> dict[str, Any]:
    """Returns what a run's manifest says of them."""
    return {
      "checkpoint": self.checkpoint,
      "taken": sorted(self.taken),
      "new": list(self.new),
    }

  def take(self) -> None:
    """Lets variables of the current graph start with them."""
    by_name = {v.op.name: v for v in tf.global_variables()}
    # A module whose outputs are kept has its own weights, and no variables here.
    taken = {n: by_name[n] for n in self.taken if n in by_name}
    tf.train.init_from_checkpoint(self.checkpoint, taken)

  def taken_by(self, function: Callable) -> Callable:
    """Returns a model_fn whose graph of training starts with them.

    Args:
      function: the model_fn.
    """

    def model_fn(features, labels, mode, config=None):
      spec = function(features, labels, mode, config)
      if mode == estimator.ModeKeys.TRAIN:
        self.take()
      return spec

    return model_fn


def is_own(start_from: str | None, workdir: Workdir) -> bool:
  """Returns whether a run names itself: its weights stay, its config may change."""
  return start_from is not None and Workdir.at(start_from).path == workdir.path


def find(
  start_from: str | None,
  pattern: str,
  variables: Mapping[str, tuple[int, ...]],
  workdir: Workdir,
) -> StartingWeights | None:
  """Returns what a run starts with; None where nothing is taken from elsewhere.

  Args:
    start_from: a model_dir, checkpoint or exported full model.
    pattern: a regex; only variables in whose name it is found are taken.
    variables: shape by name of the model's variables.
    workdir: of the run.

  Raises:
    UserError: there is no checkpoint, or nothing in it fits.
  """
  if start_from is None:
    return None
  path = os.path.expanduser(start_from)
  if os.path.exists(os.path.join(path, "saved_model.pb")):
    checkpoint = os.path.join(path, "variables", "variables")
  elif os.path.isdir(path):
    checkpoint = tf.train.latest_checkpoint(path)
  else:
    checkpoint = path
  if not checkpoint or not tf.train.checkpoint_exists(checkpoint):
    raise UserError(f"run.start_from {start_from!r} holds no checkpoint.")
  stored = dict(tf.train.list_variables(checkpoint))
  taken = [
    name
    for name, shape in variables.items()
    if tuple(stored.get(name, (None,))) == shape and re.search(pattern, name)
  ]
  new = sorted(set(variables) - set(taken))
  own = is_own(start_from, workdir)
  if own and new:
    raise UserError(
      f"{str(workdir.path)!r} can't go on from its old weights: they lack, or "
      f"hold in another shape, {', '.join(new[:5])}; start in a new model_dir "
      f"with run.start_from = {str(workdir.path)!r}."
    )
  if not taken:
    by_name = f" in whose name {pattern!r} is found" if pattern else ""
    raise UserError(
      f"run.start_from {start_from!r} holds none of this model's variables"
      f"{by_name}; it holds: {', '.join(sorted(stored)[:5])}."
    )
  return None if own else StartingWeights(checkpoint, taken, new)
