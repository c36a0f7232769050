"""Graphs of training and evaluation that runs of one process share."""

from collections.abc import Callable, Sequence
from typing import Any

from hub_estimator import optimizers
from hub_estimator.model import encoders
from hub_estimator.tensorflow_runtime import tf
from hub_estimator.training import evaluation_graph as evaluation
from hub_estimator.training import train_graph
from hub_estimator.training.job import Job

# The parts of a run that its graph of training depends on, beside the optimizer.
_TRAINED = (
  "model",
  "encoder",
  "head",
  "train_input",
  "top",
  "fine_tuning",
  "max_steps",
  "batch_size",
  "rate_for_batch_size",
  "eval_every_steps",
  "towers",
  "keep_checkpoints",
  "summary_every_steps",
  "seed",
)
# The parts that its graph of evaluation depends on.
_EVALUATED = (
  "model",
  "encoder",
  "head",
  "eval_input",
  "top",
  "fine_tuning",
  "eval_batch_size",
  "towers",
  "metrics",
)


def training_graph(
  job: Job, input_fn: Callable[[], tf.data.Dataset]
) -> tuple[train_graph.TrainGraph, float | None]:
  """Returns a graph of training, and the learning rate to feed to it.

  Runs that differ in nothing but the rate share one graph.

  Args:
    job: to train.
    input_fn: of training.

  Returns:
    The graph, and the rate; None if the graph holds its own.
  """
  experiment = job.experiment

  def build() -> train_graph.TrainGraph:
    return job.checked.graph or train_graph.build(
      job.estimator.model_fn, input_fn, seed=experiment.seed
    )

  if experiment.start_from is not None:
    # The graph's initial values are the weights of that run.
    return build(), None
  optimizer = experiment.optimizer
  if optimizers.is_known(optimizer):
    optimizer = optimizers.without_rate(optimizer)
  parts = (_parts(job, _TRAINED), optimizer)
  graph = _recall(job, "training", parts, build)
  if optimizer is experiment.optimizer:
    return graph, None
  rate = experiment.optimizer.learning_rate
  assert not callable(rate)  # `without_rate` drops numbers alone.
  return graph, rate


def evaluation_graph(
  job: Job, input_fn: Callable[[], tf.data.Dataset]
) -> evaluation.EvaluationGraph:
  """Returns the graph of evaluation, shared by runs that evaluate alike.

  Args:
    job: to evaluate.
    input_fn: of evaluation.
  """

  def build() -> evaluation.EvaluationGraph:
    return job.checked.evaluation or evaluation.build(
      job.estimator.model_fn, input_fn, seed=job.experiment.seed
    )

  return _recall(job, "evaluation", _parts(job, _EVALUATED), build)


def _recall(job: Job, kind: str, parts: Any, build: Callable[[], Any]) -> Any:
  is_large = not _sees_outputs(job)
  return job.cache.get((kind, parts), build, is_large=is_large)


def _parts(job: Job, names: Sequence[str]) -> dict[str, Any]:
  """Returns all that decides whether another run's graph is the same."""
  return {
    **{name: getattr(job.experiment, name) for name in names},
    "sees_outputs": _sees_outputs(job),
    "modules": {
      name: (info.path, info.fingerprint)
      for name, info in job.checked.infos.items()
    },
  }


def _sees_outputs(job: Job) -> bool:
  """Returns whether the graph reads kept outputs, and so holds no module."""
  return encoders.holds_outputs(job.checked.train.features)
