"""The weights that a new run starts with, from a checkpoint, run or export."""

import dataclasses
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.model_dir.workdir import Workdir
from hub_estimator.tensorflow_runtime import estimator, tf

_LOG = logging.getLogger(__name__)

ModelFn = Callable[..., estimator.EstimatorSpec]


@dataclasses.dataclass(frozen=True)
class StartingWeights:
  """The variables that start with values from a checkpoint.

  Attributes:
    checkpoint: its path.
    taken: names of these variables.
    new: names of the model's other variables, which are initialized.
  """

  checkpoint: str
  taken: Sequence[str]
  new: Sequence[str]

  def log(self) -> None:
    """Logs the checkpoint, and how many variables start from it."""
    _LOG.info(
      "Starting from %s: %d variables taken, %d new%s.",
      self.checkpoint,
      len(self.taken),
      len(self.new),
      f" ({', '.join(self.new[:5])})" if self.new else "",
    )

  def report(self) -> dict[str, Any]:
    """Returns the entry of the run's manifest."""
    return {
      "checkpoint": self.checkpoint,
      "taken": sorted(self.taken),
      "new": list(self.new),
    }

  def take(self) -> None:
    """Makes the variables of the current graph start with these values."""
    by_name = {v.op.name: v for v in tf.global_variables()}
    # A module whose outputs are cached has no variables in this graph.
    taken = {n: by_name[n] for n in self.taken if n in by_name}
    tf.train.init_from_checkpoint(self.checkpoint, taken)

  def taken_by(self, function: ModelFn) -> ModelFn:
    """Returns a model_fn whose training graph starts with these values.

    Args:
      function: the model_fn that builds the graph.
    """

    # Estimator passes arguments by these names.
    def model_fn(
      features: Any,
      labels: Any,
      mode: str,
      config: estimator.RunConfig | None = None,
    ) -> estimator.EstimatorSpec:
      spec = function(features, labels, mode, config)
      if mode == estimator.ModeKeys.TRAIN:
        self.take()
      return spec

    return model_fn


def is_own(start_from: str | None, workdir: Workdir) -> bool:
  """Returns whether a run starts from itself.

  Such a run keeps its weights, and may change its config.

  Args:
    start_from: as the config has it.
    workdir: of the run.
  """
  return start_from is not None and Workdir.at(start_from).path == workdir.path


def find(
  start_from: str | None,
  pattern: str,
  variables: Mapping[str, tuple[int, ...]],
  workdir: Workdir,
) -> StartingWeights | None:
  """Returns the weights that a run starts with; None if all are initialized.

  None also comes back if the run starts from itself, and its own checkpoint fits.

  Args:
    start_from: a model_dir, a checkpoint or an exported full model; None starts
      without one.
    pattern: a regex; only variables whose names it matches are taken.
    variables: the model's variables, shape by name.
    workdir: of the run.

  Raises:
    UserError: there is no checkpoint, or no variable in it fits.
  """
  if start_from is None:
    return None
  checkpoint = _find_checkpoint(start_from)
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
      f"{str(workdir.path)!r} can't continue from its old weights: they lack, or "
      f"hold in another shape, {', '.join(new[:5])}; start in a new model_dir "
      f"with run.start_from = {str(workdir.path)!r}."
    )
  if not taken:
    by_name = f" whose names match {pattern!r}" if pattern else ""
    raise UserError(
      f"run.start_from {start_from!r} holds none of this model's variables"
      f"{by_name}; it holds: {', '.join(sorted(stored)[:5])}."
    )
  return None if own else StartingWeights(checkpoint, taken, new)


def _find_checkpoint(start_from: str) -> str:
  """Returns the path of the checkpoint in a run or an export, or the path itself.

  Raises:
    UserError: there is no checkpoint.
  """
  path = os.path.expanduser(start_from)
  checkpoint: str | None = path
  if os.path.exists(os.path.join(path, "saved_model.pb")):
    checkpoint = os.path.join(path, "variables", "variables")
  elif os.path.isdir(path):
    checkpoint = tf.train.latest_checkpoint(path)
  if not checkpoint or not tf.train.checkpoint_exists(checkpoint):
    raise UserError(f"run.start_from {start_from!r} holds no checkpoint.")
  return checkpoint
