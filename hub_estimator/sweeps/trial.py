"""One trial: its runs, and what the study records of them."""

import logging
import pathlib
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import TrialState

from hub_estimator import config, runs, schemas
from hub_estimator.errors import RunFailed, UserError, one_line
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Workdir, results
from hub_estimator.sweeps import trial_attributes as attributes
from hub_estimator.sweeps.goals import goals_of, size_of
from hub_estimator.sweeps.slots import slot_of
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.sweep_dir import SweepDir
from hub_estimator.tensorflow_runtime import read_eval_metrics
from hub_estimator.training import ProcessCache

_log = logging.getLogger(__name__)


class Pruned(Exception):
  """Stops a run whose trial is behind the others."""


def run_trial(
  study: optuna.Study,
  trial: optuna.Trial,
  sweep: Sweep,
  sweep_dir: SweepDir,
  cache: ProcessCache,
) -> None:
  """Runs a trial and records its outcome, a failure included, in the study.

  Args:
    study: of the sweep.
    trial: holds a slot.
    sweep: its settings.
    sweep_dir: of the sweep; its configs are written.
    cache: of this process's runs.
  """
  number = slot_of(trial)
  values, state = None, TrialState.FAIL
  try:
    values = _run_repeats(trial, sweep, sweep_dir, cache)
    state = TrialState.COMPLETE
  except Pruned:
    state = TrialState.PRUNED
  except Exception as error:  # A trial's failure is a result of the sweep.
    message = one_line(error)
    if not isinstance(error, UserError | RunFailed):
      message = f"{type(error).__name__}: {message}"
      _log.exception("Trial %d failed.", number)
    trial.set_user_attr(attributes.ERROR, message)
  try:
    study.tell(trial, values, state)
  except ValueError:
    _log.warning(
      "Trial %d was given to another worker: this one was silent for too long.",
      number,
    )


def _run_repeats(
  trial: optuna.Trial, sweep: Sweep, sweep_dir: SweepDir, cache: ProcessCache
) -> list[float]:
  """Returns the mean of each goal over a trial's repeats."""
  bindings = sweep.space.suggest(trial)
  trial.set_user_attr(attributes.BINDINGS, bindings)
  values = []
  for repeat in range(sweep.repeats):
    model_dir = sweep_dir.trial(slot_of(trial), repeat)
    experiment = _read_experiment(sweep_dir.base, bindings, repeat)
    result = runs.train(
      experiment,
      model_dir,
      config_text=config.run_text(),
      operative_config=config.operative_text,
      after_evaluation=None if repeat else _make_reporting(trial, sweep.goals),
      cache=cache,
      first=schemas.read(sweep_dir.schema),
    )
    assert result is not None  # Only a task of a cluster has none.
    values.append(goals_of(sweep.goals, result, model_dir))
    if repeat == 0:
      _record(trial, model_dir, result, sweep.goals[0])
  by_goal = list(zip(*values, strict=True))
  if sweep.repeats > 1:
    trial.set_user_attr(
      attributes.SPREADS, [statistics.stdev(of_one) for of_one in by_goal]
    )
  return [statistics.fmean(of_one) for of_one in by_goal]


def _read_experiment(
  base: pathlib.Path, bindings: Sequence[str], repeat: int
) -> Experiment:
  """Returns the run of a trial; each repeat's seed is one larger."""
  config.parse([str(base)], bindings)
  experiment: Experiment = config.build("run")
  if repeat:
    seed = f"run.seed = {experiment.seed + repeat}"
    config.parse([str(base)], [*bindings, seed])
    experiment = config.build("run")
  return experiment


def _make_reporting(
  trial: optuna.Trial, goals: Sequence[str]
) -> Callable[[int, Mapping[str, Any]], None]:
  """Returns a function that reports each evaluation and prunes the trial."""
  curve: list[list[float]] = []

  def report(step: int, metrics: Mapping[str, Any]) -> None:
    if goals[0] not in metrics:
      return
    value = float(metrics[goals[0]])
    curve.append([step, value])
    trial.set_user_attr(attributes.CURVE, curve)
    if len(goals) == 1:
      trial.report(value, step)
      if trial.should_prune():
        raise Pruned

  return report


def _record(
  trial: optuna.Trial,
  model_dir: pathlib.Path,
  result: results.Result,
  goal: str,
) -> None:
  """Records in the study what the leaderboard and the report show."""
  manifest = Workdir.at(model_dir).read_manifest() or {}
  modules = {n: used["handle"] for n, used in manifest["modules"].items()}
  evaluations = read_eval_metrics(str(model_dir / "eval"))
  recorded = {
    attributes.MODEL_DIR: str(model_dir),
    attributes.MODULES: modules,
    attributes.METRICS: results.plain(result.metrics),
    attributes.STEPS: result.steps,
    attributes.SECONDS: result.seconds["total"],
    attributes.BYTES: size_of(result, model_dir),
    attributes.EXPORTS: results.plain(result.exports),
    # A resumed run has evaluations that this process hasn't seen.
    attributes.CURVE: [
      [int(step), float(metrics[goal])]
      for step, metrics in sorted(evaluations.items())
      if goal in metrics
    ],
  }
  for name, value in recorded.items():
    trial.set_user_attr(name, value)
