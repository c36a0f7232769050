"""One process that runs trials, one after the other, until none waits.

TensorFlow is imported once, and modules that were read stay read.
"""

import contextlib
import dataclasses
import gc
import logging
import os
import pathlib
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import TrialState

from hub_estimator import config
from hub_estimator.errors import RunFailed, UserError, one_line
from hub_estimator.model_dir import results
from hub_estimator.runs import experiment as experiments
from hub_estimator.sweeps import study as studies
from hub_estimator.sweeps.sweep import BYTES, SECONDS, Sweep, read_sweep
from hub_estimator.tensorflow_runtime import read_eval_metrics, tf
from hub_estimator.training import Memory

_log = logging.getLogger(__name__)


class Pruned(Exception):
  """Ends a run whose trial is behind the others."""


@dataclasses.dataclass(frozen=True)
class SweepDir:
  """Every file name that a sweep writes."""

  path: pathlib.Path

  @property
  def sweep(self) -> pathlib.Path:
    """All bindings, the sweep's own among them."""
    return self.path / "sweep.gin"

  @property
  def base(self) -> pathlib.Path:
    """The bindings that all trials share."""
    return self.path / "base.gin"

  @property
  def trials(self) -> pathlib.Path:
    return self.path / "trials"

  @property
  def logs(self) -> pathlib.Path:
    return self.path / "logs"

  @property
  def asking(self) -> pathlib.Path:
    """Locked by the process that takes a trial."""
    return self.path / ".asking"

  @property
  def study_url(self) -> str:
    return f"sqlite:///{self.path / 'study.db'}"

  def trial(self, number: int, repeat: int = 0) -> pathlib.Path:
    """Returns the model_dir of a trial; of its repeats, "7.2", "7.3", …"""
    return self.trials / (f"{number}.{repeat + 1}" if repeat else str(number))


def work(
  sweep_dir: SweepDir, *, url: str, name: str, identity: str, worker: int
) -> None:
  """Runs trials until none waits, or the sweep's bounds are reached.

  Args:
    sweep_dir: of the sweep; its configs are written.
    url: of the study's storage.
    name: of the study.
    identity: of the study.
    worker: number of this process.
  """
  config.parse([str(sweep_dir.sweep)])
  sweep = read_sweep()
  study = studies.open_study(url, name, sweep, identity=identity, worker=worker)
  memory = Memory()
  # What was imported stays: without it a collection takes 20 ms, not 200.
  gc.collect()
  gc.freeze()
  while not studies.bound_reached(study, sweep):
    trial = studies.ask(study, sweep, lock=sweep_dir.asking)
    if trial is None:
      return
    with _heartbeat(study, trial):
      _run(study, trial, sweep, sweep_dir, memory)
    # TensorFlow keeps the writer of each model_dir, and graphs keep themselves.
    tf.summary.FileWriterCache.clear()
    gc.collect()


def _run(study, trial, sweep: Sweep, sweep_dir, memory: Memory) -> None:
  """Runs a trial and tells the study what came of it, whatever that is."""
  number = studies.slot_of(trial)
  values, state = None, TrialState.FAIL
  try:
    values = _values(trial, number, sweep, sweep_dir, memory)
    state = TrialState.COMPLETE
  except Pruned:
    state = TrialState.PRUNED
  except Exception as error:  # A trial's failure is a result of the sweep.
    message = one_line(error)
    if not isinstance(error, UserError | RunFailed):
      message = f"{type(error).__name__}: {message}"
      _log.exception("Trial %d failed.", number)
    trial.set_user_attr(studies.ERROR, message)
  try:
    study.tell(trial, values, state)
  except ValueError:
    _log.warning(
      "Trial %d was given to another worker: this one was silent for too long.",
      number,
    )


def _values(trial, number: int, sweep: Sweep, sweep_dir, memory) -> list[float]:
  """Returns the mean of each goal over a trial's repeats."""
  bindings = sweep.space.suggest(trial)
  trial.set_user_attr("bindings", bindings)
  values = []
  for repeat in range(sweep.repeats):
    experiment, result = _train(
      sweep_dir, number, bindings, repeat, trial, sweep, memory
    )
    values.append(_goals(sweep, sweep_dir.trial(number, repeat), result))
    if repeat == 0:
      _note(trial, sweep_dir.trial(number), result, experiment, sweep)
  by_goal = list(zip(*values, strict=True))
  if sweep.repeats > 1:
    trial.set_user_attr("spreads", [statistics.stdev(of) for of in by_goal])
  return [statistics.fmean(of) for of in by_goal]


def _train(sweep_dir, number, bindings, repeat, trial, sweep: Sweep, memory):
  """Returns (experiment, result) of a trial's run, resumed where it was begun."""
  config.parse([str(sweep_dir.base)], bindings)
  experiment = config.build("run")
  if repeat:
    config.parse(
      [str(sweep_dir.base)],
      [*bindings, f"run.seed = {experiment.seed + repeat}"],
    )
    experiment = config.build("run")
  curve: list[list[float]] = []

  def after_evaluation(step: int, metrics: Mapping[str, Any]) -> None:
    goal = sweep.goals[0]
    if repeat or goal not in metrics:
      return
    value = float(metrics[goal])
    curve.append([step, value])
    trial.set_user_attr("curve", curve)
    if len(sweep.goals) == 1:
      trial.report(value, step)
      if trial.should_prune():
        raise Pruned

  result = experiments.train(
    experiment,
    str(sweep_dir.trial(number, repeat)),
    config_text=config.text(),
    operative_config=config.operative_text,
    after_evaluation=after_evaluation,
    memory=memory,
  )
  return experiment, result


def _goals(sweep: Sweep, model_dir: pathlib.Path, result) -> list[float]:
  """Returns the value of each goal of one run.

  Raises:
    UserError: there is no such metric, or it isn't a number.
  """
  known = {
    **result.metrics,
    SECONDS: result.seconds["total"],
    BYTES: _bytes(model_dir, result),
  }
  values = []
  for goal in sweep.goals:
    if goal not in known:
      raise UserError(
        f"sweep.goals names {goal!r}; it has: {', '.join(sorted(known))}."
      )
    value = float(known[goal])  # What isn't finite is a string in a result.
    if value != value or value in (float("inf"), float("-inf")):
      raise UserError(f"The goal {goal!r} is {value}.")
    values.append(value)
  return values


def _bytes(model_dir: pathlib.Path, result) -> int:
  """Returns the size of the exported full model; of the checkpoint without one."""
  paths = [
    model_dir / e["model"] for e in result.exports.values() if "model" in e
  ]
  if paths:
    files = [p for p in paths[-1].rglob("*") if p.is_file()]
  else:
    files = list(model_dir.glob(f"model.ckpt-{result.steps}.*"))
  return sum(p.stat().st_size for p in files)


def _note(trial, model_dir, result, experiment, sweep) -> None:
  """Keeps in the study what the leaderboard and the report tell."""
  evaluations = read_eval_metrics(str(model_dir / "eval"))
  modules = {}
  for application in experiment.encoder.applications():
    modules.setdefault(application.module.name, str(application.module.handle))
  noted = {
    "model_dir": str(model_dir),
    "modules": modules,
    "metrics": results.plain(result.metrics),
    "steps": result.steps,
    "seconds": result.seconds["total"],
    "bytes": _bytes(model_dir, result),
    "exports": results.plain(result.exports),
    # All of them: this process may have seen the last only.
    "curve": [
      [int(step), float(metrics[sweep.goals[0]])]
      for step, metrics in sorted(evaluations.items())
      if sweep.goals[0] in metrics
    ],
  }
  for key, value in noted.items():
    trial.set_user_attr(key, value)


@contextlib.contextmanager
def _heartbeat(study: optuna.Study, trial) -> Iterator[None]:
  """Tells the study now and then that the trial is alive."""
  ended = threading.Event()

  def beat():
    while True:
      with contextlib.suppress(Exception):  # The next one may come through.
        study._storage.record_heartbeat(trial._trial_id)
      if ended.wait(studies.HEARTBEAT_SECS):
        return

  thread = threading.Thread(target=beat, daemon=True)
  thread.start()
  try:
    yield
  finally:
    ended.set()
    thread.join()


def _end_with_parent() -> None:
  """Ends this process when the command that started it is gone, even killed."""
  parent = os.getppid()

  def watch():
    while os.getppid() == parent:
      time.sleep(0.5)
    os._exit(1)

  threading.Thread(target=watch, daemon=True).start()


def main(arguments: Sequence[str]) -> None:
  """Runs as a process: sweep_dir, url, name, identity, number of the worker."""
  path, url, name, identity, worker = arguments
  _end_with_parent()
  logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
  for noisy in ("tensorflow", "absl"):
    logging.getLogger(noisy).setLevel(logging.ERROR)
  work(
    SweepDir(pathlib.Path(path)),
    url=url,
    name=name,
    identity=identity,
    worker=int(worker),
  )


if __name__ == "__main__":
  main(sys.argv[1:])
