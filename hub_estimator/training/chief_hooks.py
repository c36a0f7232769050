"""The hooks of the process that writes checkpoints and curves."""

from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.training.checkpoint_hook import CheckpointHook
from hub_estimator.training.early_stopping_hook import EarlyStoppingHook
from hub_estimator.training.job import Job
from hub_estimator.training.progress_hook import ProgressHook
from hub_estimator.training.step_blocks import Blocks
from hub_estimator.training.summary_hook import SummaryHook


def make_chief_hooks(
  job: Job, blocks: Blocks | None = None
) -> list[tf_estimator.SessionRunHook]:
  """Returns the hooks of a run, and those of its caller last.

  Args:
    job: to train.
    blocks: of steps that one `session.run` trains; None trains one step a run.
  """
  experiment, model_dir = job.experiment, job.estimator.model_dir
  steps_per_run = 1 if blocks is None else blocks.most
  hooks = [
    ProgressHook(experiment.max_steps),
    SummaryHook(
      model_dir,
      every_steps=experiment.summary_every_steps,
      run_end=(lambda step: step + 1) if blocks is None else blocks.end,
    ),
    CheckpointHook(
      model_dir,
      every_steps=experiment.eval_every_steps,
      preemption=job.preemption,
      steps_per_run=steps_per_run,
    ),
  ]
  if experiment.early_stopping is not None:
    hooks.append(
      EarlyStoppingHook(
        job.estimator.eval_dir(),
        experiment.early_stopping,
        every_steps=experiment.eval_every_steps,
        steps_per_run=steps_per_run,
      )
    )
  return [*hooks, *job.hooks]
