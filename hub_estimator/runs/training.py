"""Trains, evaluates and exports a run, or resumes one that was interrupted."""

import os
from collections.abc import Callable, Sequence

from hub_estimator import cluster, schemas
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Workdir, results
from hub_estimator.runs import roles
from hub_estimator.runs.python_config import python_config
from hub_estimator.runs.request import AfterEvaluationFn, Request
from hub_estimator.tensorflow_runtime import estimator
from hub_estimator.training import Preemption, ProcessCache


def train(
  experiment: Experiment,
  model_dir: str | os.PathLike[str],
  *,
  config_text: str | None = None,
  operative_config: Callable[[], str] = lambda: "",
  after_evaluation: AfterEvaluationFn | None = None,
  hooks: Sequence[estimator.SessionRunHook] = (),
  preemption: Preemption | None = None,
  task: cluster.Task | None = None,
  cache: ProcessCache | None = None,
  first: schemas.Schema | None = None,
) -> results.Result | None:
  """Trains, evaluates and exports, or resumes a run that was interrupted.

  Args:
    experiment: the run's definition.
    model_dir: where the run is kept.
    config_text: for config.gin: gin text that defines this experiment; None writes the
      text of `to_gin`.
    operative_config: returns the text for operative_config.gin, once all graphs are
      built.
    after_evaluation: is called with the step and the metrics of each evaluation; an
      error that it raises stops the run, which can be resumed.
    hooks: are added to training.
    preemption: whose signals stop the run with a checkpoint; None handles none.
    task: this process's place in a cluster, whose members are all given the same run
      and see its model_dir; `cluster.read_task()` reads it from TF_CONFIG. None trains
      in this process alone.
    cache: of values that runs of this process share; None shares nothing.
    first: the schema of a run whose metrics this one's are compared with; None
      compares it with no other.

  Returns:
    The result, also in result.json. A run that is done returns its result at once. In a
    cluster, the evaluator returns one, and the chief if there is no evaluator.

  Raises:
    UserError: something doesn't fit; model_dir is left as it was.
    RunFailed: the loss isn't finite, or TensorFlow reported an error such as a full
      disk; the last good checkpoint is kept.
    Preempted: a signal came that `preemption` handles.
  """
  request = Request(
    experiment,
    Workdir.at(model_dir),
    python_config(experiment) if config_text is None else config_text,
    operative_config,
    after_evaluation,
    Preemption() if preemption is None else preemption,
    ProcessCache() if cache is None else cache,
    hooks,
    first,
  )
  if task is None:
    return roles.train_alone(request)
  return roles.IN_CLUSTER[task.type](request, task)
