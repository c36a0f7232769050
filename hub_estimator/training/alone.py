"""Trains, evaluates and exports in one process."""

from collections.abc import Sequence

from hub_estimator.graphs import sessions
from hub_estimator.model import encoders
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.training import step_blocks
from hub_estimator.training.chief_hooks import make_chief_hooks
from hub_estimator.training.evaluating import Evaluator
from hub_estimator.training.job import Job
from hub_estimator.training.shared_graphs import training_graph


def train_alone(job: Job, exporters: Sequence[tf_estimator.Exporter]) -> None:
  """Trains, evaluates and exports in this process.

  Args:
    job: to train.
    exporters: are called after each evaluation.
  """
  if encoders.holds_outputs(job.checked.train.features):
    sessions.leave_graphs(job.estimator)
  evaluator = Evaluator(job, exporters)
  if job.is_over():
    # Killed between the last step and the result: train_and_evaluate would return at
    # once, without the evaluation and the export.
    evaluator.evaluate(final=True)
    return
  step = job.last_step()
  is_due = step and step % job.experiment.eval_every_steps == 0
  if is_due and step not in evaluator.evaluated_steps():
    # Killed between a checkpoint and its evaluation.
    evaluator.evaluate(final=False)
  _train_and_evaluate(job, evaluator)


def _train_and_evaluate(job: Job, evaluator: Evaluator) -> None:
  blocks = step_blocks.plan(job.experiment, job.checked, job.hooks)
  train_input_fn = job.make_train_input_fn(blocks)
  graph, rate = training_graph(job, train_input_fn)
  graph.train_in(job.estimator, rate, job.rest_applied_at)
  job.accelerate()
  tf_estimator.train_and_evaluate(
    job.estimator,
    tf_estimator.TrainSpec(
      train_input_fn,
      max_steps=job.experiment.max_steps,
      hooks=make_chief_hooks(job, blocks),
    ),
    tf_estimator.EvalSpec(
      evaluator.input_fn,
      steps=None,
      hooks=evaluator.hooks,
      exporters=evaluator.exporters,
      start_delay_secs=0,
      throttle_secs=0,
    ),
  )
