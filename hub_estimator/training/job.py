"""What one process trains or evaluates."""

import dataclasses
from collections.abc import Callable, Sequence

from hub_estimator import heads, inputs
from hub_estimator.experiments import Experiment
from hub_estimator.model import acceleration
from hub_estimator.model_dir import checkpoints
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import read_eval_metrics, tf
from hub_estimator.training.checked import Checked
from hub_estimator.training.early_stopping_hook import has_stalled
from hub_estimator.training.preemption import Preemption
from hub_estimator.training.process_cache import ProcessCache
from hub_estimator.training.step_blocks import Blocks


@dataclasses.dataclass(frozen=True)
class Job:
  """A checked run and its Estimator, as one process trains or evaluates it.

  Attributes:
    experiment: the run's definition.
    checked: what its check has found and built; where a module's outputs are kept,
      its examples hold them.
    estimator: of the run; in a cluster, its config holds the cluster.
    preemption: whose signals end training with a checkpoint.
    cache: of the values that runs of this process share.
    hooks: of the caller, added to training.
    rest_applied_at: the step at which an earlier training of the run applied the
      rest of its accumulated gradients; 0 if none did.
  """

  experiment: Experiment
  checked: Checked
  estimator: tf_estimator.Estimator
  preemption: Preemption = dataclasses.field(default_factory=Preemption)
  cache: ProcessCache = dataclasses.field(default_factory=ProcessCache)
  hooks: Sequence[tf_estimator.SessionRunHook] = ()
  rest_applied_at: int = 0

  def last_step(self) -> int:
    """Returns the step of the last checkpoint, 0 if there is none."""
    return checkpoints.step_of(self.estimator.latest_checkpoint())

  def is_over(self) -> bool:
    """Returns whether the files on disk say that no step is left to train."""
    return is_over(self.estimator, self.experiment)

  def make_train_input_fn(
    self, blocks: Blocks | None = None
  ) -> Callable[[], tf.data.Dataset]:
    """Returns the input_fn of training.

    Args:
      blocks: of steps that one `session.run` trains; None trains one step a run.
    """
    examples = self.checked.train
    block_end = None
    if blocks is not None:
      # A loop can't hold the table of a vocabulary.
      labels = examples.known_labels()
      ids = heads.class_ids(self.experiment.head, labels)
      examples = dataclasses.replace(examples, labels=ids)
      block_end = blocks.end
    return inputs.make_train_input_fn(
      examples,
      batch_size=self.experiment.batch_size,
      seed=self.experiment.seed,
      block_end=block_end,
    )

  def accelerate(self) -> None:
    """Applies bfloat16 or XLA to the steps of training, if the run asks for it."""
    acceleration.accelerate(
      self.estimator,
      mixed_precision=self.experiment.mixed_precision,
      xla=self.experiment.xla,
    )


def is_over(
  run_estimator: tf_estimator.Estimator, experiment: Experiment
) -> bool:
  """Returns whether the files on disk say that no step is left to train.

  Args:
    run_estimator: of the run.
    experiment: the run's definition.
  """
  step = checkpoints.step_of(run_estimator.latest_checkpoint())
  if step >= experiment.max_steps:
    return True
  stopping = experiment.early_stopping
  return stopping is not None and has_stalled(
    read_eval_metrics(run_estimator.eval_dir()), stopping
  )
