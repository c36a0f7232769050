"""Trains, evaluates and exports as one process, or as one task of a cluster."""

import contextlib
import dataclasses
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hub_estimator import cluster, heads, inputs, optimizers
from hub_estimator.errors import RunFailed
from hub_estimator.graphs import sessions
from hub_estimator.model import acceleration, encoders
from hub_estimator.model_dir import checkpoints, results
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics, tf
from hub_estimator.training import evaluating, hooks, many_steps, train_graph
from hub_estimator.training.checked import Checked
from hub_estimator.training.memory import Memory
from hub_estimator.training.preemption import Preempted, Preemption

_log = logging.getLogger(__name__)
# How long the end of training waits for those that don't say that they ended.
_LINGER_SECS = 30.0
# How long a server that is told to end waits for the chief's checkpoint.
_PREEMPTION_SECS = 20.0
# What the graph of training is made of beside the optimizer, and that of evaluation.
_TRAINED = (
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
_EVALUATED = (
  "encoder",
  "head",
  "eval_input",
  "top",
  "fine_tuning",
  "eval_batch_size",
  "towers",
  "metrics",
)


def is_over(made: estimator.Estimator, experiment: Any) -> bool:
  """Returns whether no step is left to train, by what is on disk."""
  stopping = _early_stopping(made, experiment)
  return checkpoints.step_of(
    made.latest_checkpoint()
  ) >= experiment.max_steps or (
    stopping is not None and stopping.stands_still()
  )


def train_alone(
  made: estimator.Estimator,
  experiment: Any,
  checked: Checked,
  exporters: Sequence[estimator.Exporter],
  preemption: Preemption,
  memory: Memory,
) -> None:
  """Trains, evaluates and exports in this process.

  Args:
    made: of the run.
    experiment: an `experiment.Experiment`.
    checked: of it.
    exporters: are asked after each evaluation.
    preemption: whose signals end the run.
    memory: of this process's runs before.
  """
  if encoders.holds_outputs(checked.train.features):
    sessions.leave_graphs(made)
  eval_input_fn = _evaluating(made, experiment, checked, memory)
  if is_over(made, experiment):
    # Killed between the last step and the result: train_and_evaluate would
    # return at once, without the evaluation and the export.
    _evaluate_and_export(made, eval_input_fn, exporters, final=True)
    return
  step = checkpoints.step_of(made.latest_checkpoint())
  if (
    step
    and step % experiment.eval_every_steps == 0
    and step not in read_eval_metrics(made.eval_dir())
  ):  # Ended between a checkpoint and its evaluation.
    _evaluate_and_export(made, eval_input_fn, exporters, final=False)
  blocks = many_steps.plan(experiment, checked)
  train_input_fn = _train_input_fn(experiment, checked, blocks)
  graph, rate = _train_graph(made, experiment, checked, train_input_fn, memory)
  graph.train_in(made, rate)
  _accelerate(made, experiment)
  estimator.train_and_evaluate(
    made,
    estimator.TrainSpec(
      train_input_fn,
      max_steps=experiment.max_steps,
      hooks=_chief_hooks(made, experiment, preemption, blocks),
    ),
    estimator.EvalSpec(
      eval_input_fn,
      steps=None,
      exporters=exporters,
      start_delay_secs=0,
      throttle_secs=0,
    ),
  )


def train_as_chief(
  made: estimator.Estimator,
  experiment: Any,
  checked: Checked,
  board: cluster.Board,
  preemption: Preemption,
) -> None:
  """Trains beside the workers, and writes checkpoints; evaluates nothing.

  Args:
    made: of the run; its config holds the cluster.
    experiment: an `experiment.Experiment`.
    checked: of it.
    board: of the cluster.
    preemption: whose signals end this process with a checkpoint.

  Raises:
    RunFailed: a worker's training failed.
  """
  if not is_over(made, experiment):
    _accelerate(made, experiment)
    with _serving(made):
      try:
        board.wait_for_servers()
        made.train(
          _train_input_fn(experiment, checked),
          max_steps=experiment.max_steps,
          hooks=[
            *_chief_hooks(made, experiment, preemption),
            hooks.ChiefHook(board),
          ],
        )
      except Preempted:
        board.say(cluster.LEFT)
        raise
  board.say(cluster.ENDED, step=checkpoints.step_of(made.latest_checkpoint()))


def train_as_worker(
  made: estimator.Estimator,
  experiment: Any,
  checked: Checked,
  board: cluster.Board,
) -> None:
  """Trains until the chief has ended.

  Args:
    made: of the run; its config holds the cluster.
    experiment: an `experiment.Experiment`.
    checked: of it.
    board: of the cluster.

  Raises:
    RunFailed: the chief's training failed.
  """
  if is_over(made, experiment):
    return
  (chief,) = board.task.others(cluster.CHIEF)
  _accelerate(made, experiment)
  with _serving(made):
    try:
      board.wait_for_servers()
      # A session that comes before the chief's looks again after 30 s only.
      board.wait(
        lambda: board.has_said(chief, cluster.TRAINING, cluster.ENDED),
        lambda: f"{chief} at {chief.address}",
      )
      if not board.has_said(chief, cluster.ENDED):
        _leave_once_over(board, chief)
        made.train(
          _train_input_fn(experiment, checked),
          max_steps=experiment.max_steps,
          hooks=[hooks.WorkerHook(board, chief)],
        )
    finally:
      board.say(cluster.ENDED)


def serve_variables(
  made: estimator.Estimator, experiment: Any, board: cluster.Board
) -> None:
  """Holds variables as a parameter server, until the chief has ended.

  TensorFlow's own server never ends.

  Args:
    made: of the run; its config holds the cluster.
    experiment: an `experiment.Experiment`.
    board: of the cluster.

  Raises:
    RunFailed: the chief's training failed.
  """
  if is_over(made, experiment):
    return
  (chief,) = board.task.others(cluster.CHIEF)
  with _serving(made):
    try:
      board.wait(lambda: board.has_said(chief, cluster.ENDED))
    except Preempted:
      # A scheduler tells all at once, and the chief saves what lies here.
      told = time.monotonic()
      while time.monotonic() - told < _PREEMPTION_SECS and not board.has_said(
        chief, cluster.LEFT, cluster.ENDED, cluster.FAILED
      ):
        time.sleep(0.2)
      raise
    except RunFailed:
      _linger(board)
      raise
    _linger(board)


def evaluate_checkpoints(
  made: estimator.Estimator,
  experiment: Any,
  checked: Checked,
  exporters: Sequence[estimator.Exporter],
  board: cluster.Board,
) -> None:
  """Evaluates and exports each checkpoint, until the chief has ended.

  Those that came while this process was away are caught up with, the oldest first,
  as far as they are kept.

  Args:
    made: of the run, for this process alone.
    experiment: an `experiment.Experiment`.
    checked: of it.
    exporters: are asked after each evaluation.
    board: of the cluster.

  Raises:
    RunFailed: the chief's training failed.
  """
  (chief,) = board.task.others(cluster.CHIEF)
  eval_input_fn = _evaluating(made, experiment, checked, Memory())

  def waiting() -> list[str]:
    done = read_eval_metrics(made.eval_dir())
    return [path for path, step in _kept(made) if step not in done]

  exported = False
  while True:
    # Asked first: what was saved last is then seen.
    over = is_over(made, experiment) or board.has_said(chief, cluster.ENDED)
    newest = made.latest_checkpoint()
    found = waiting()
    if found:
      last = over and len(found) == 1
      exported = (
        _try_evaluate(made, eval_input_fn, exporters, found[0], final=last)
        and last
      )
    elif over:
      break
    else:
      # Not `waiting()`, which reads all curves.
      board.wait(
        lambda newest=newest: (
          made.latest_checkpoint() != newest
          or board.has_said(chief, cluster.ENDED)
        )
      )
  if not exported:
    # Evaluated before it was known to be the last.
    _export_final(made, exporters)
  board.say(cluster.ENDED)


# --- Parts of those ----------------------------------------------------------


def _train_input_fn(experiment, checked, blocks=None):
  examples = checked.train
  if blocks is not None:
    # A loop can't hold the table of a vocabulary.
    ids = heads.class_ids(experiment.head, examples.labels)
    examples = dataclasses.replace(examples, labels=ids)
  return inputs.make_train_input_fn(
    examples,
    batch_size=experiment.batch_size,
    seed=experiment.seed,
    block_end=blocks and blocks.end,
  )


def _train_graph(
  made, experiment, checked, train_input_fn, memory
) -> tuple[train_graph.TrainGraph, float | None]:
  """Returns a graph of training, and the rate that is fed to it.

  It may have trained before: trials that differ in nothing else share one.
  """

  def build():
    return checked.graph or train_graph.build(
      made.model_fn, train_input_fn, seed=experiment.seed
    )

  if (
    experiment.start_from is not None
  ):  # Its weights are the graph's first values.
    return build(), None
  optimizer = experiment.optimizer
  if optimizers.is_known(optimizer):
    optimizer = optimizers.without_rate(optimizer)
  graph = memory.recall(
    ("training", _parts(experiment, checked, _TRAINED), optimizer),
    build,
    is_large=not encoders.holds_outputs(checked.train.features),
  )
  is_fed = optimizer is not experiment.optimizer
  return graph, experiment.optimizer.learning_rate if is_fed else None


def _accelerate(made, experiment) -> None:
  acceleration.accelerate(
    made, mixed_precision=experiment.mixed_precision, xla=experiment.xla
  )


def _evaluating(made, experiment, checked, memory):
  """Returns the input_fn of evaluation, for which an Estimator has one graph."""
  input_fn = inputs.make_eval_input_fn(
    checked.eval, batch_size=experiment.eval_batch_size
  )
  config = made._session_config  # Not that of training.
  evaluating.evaluate_in(
    made,
    lambda: memory.recall(
      ("evaluation", _parts(experiment, checked, _EVALUATED)),
      lambda: evaluating.Evaluation(made, input_fn, config),
      is_large=not encoders.holds_outputs(checked.train.features),
    ),
  )
  return input_fn


def _parts(experiment, checked, names) -> dict[str, Any]:
  """Returns what a graph is made of, to tell whether another is the same."""
  return {
    **{name: getattr(experiment, name) for name in names},
    "sees_outputs": encoders.holds_outputs(checked.train.features),
    "modules": {n: (i.path, i.fingerprint) for n, i in checked.infos.items()},
  }


def _chief_hooks(made, experiment, preemption, blocks=None) -> list:
  steps_per_run = 1 if blocks is None else blocks.most
  stopping = _early_stopping(made, experiment, steps_per_run)
  return [
    hooks.ProgressHook(experiment.max_steps),
    hooks.SummaryHook(
      made.model_dir,
      every_steps=experiment.summary_every_steps,
      run_end=(lambda step: step + 1) if blocks is None else blocks.end,
    ),
    hooks.CheckpointHook(
      made.model_dir,
      every_steps=experiment.eval_every_steps,
      preemption=preemption,
      steps_per_run=steps_per_run,
    ),
    *([stopping] if stopping is not None else []),
  ]


def _early_stopping(
  made, experiment, steps_per_run=1
) -> hooks.EarlyStoppingHook | None:
  stopping = experiment.early_stopping
  if stopping is None:
    return None
  smaller = stopping.smaller_is_better
  if smaller is None:
    smaller = results.is_better_smaller(stopping.metric)
  return hooks.EarlyStoppingHook(
    made.eval_dir(),
    stopping.metric,
    patience_steps=stopping.patience_steps,
    min_steps=stopping.min_steps,
    smaller_is_better=smaller,
    every_steps=experiment.eval_every_steps,
    steps_per_run=steps_per_run,
  )


def _evaluate_and_export(
  made, eval_input_fn, exporters, *, final, checkpoint=None
) -> None:
  """Does for one checkpoint what train_and_evaluate does for each."""
  checkpoint = checkpoint or made.latest_checkpoint()
  evaluated = made.evaluate(eval_input_fn, checkpoint_path=checkpoint)
  for exporter in exporters:
    path = os.path.join(made.model_dir, "export", exporter.name)
    exporter.export(made, path, checkpoint, evaluated, final)


def _try_evaluate(made, eval_input_fn, exporters, checkpoint, *, final) -> bool:
  """Returns whether a checkpoint was evaluated; it may be removed meanwhile."""
  try:
    _evaluate_and_export(
      made, eval_input_fn, exporters, final=final, checkpoint=checkpoint
    )
  except (ValueError, tf.errors.OpError):
    if tf.train.checkpoint_exists(checkpoint):
      raise
    _log.warning(
      "%s was removed before it was evaluated: evaluation is slower than "
      "training, or run.keep_checkpoints too small.",
      os.path.basename(checkpoint),
    )
    return False
  return True


def _export_final(made, exporters) -> None:
  checkpoint = made.latest_checkpoint()
  evaluations = read_eval_metrics(made.eval_dir())
  for exporter in exporters:
    if exporter.name == "final":
      path = os.path.join(made.model_dir, "export", exporter.name)
      metrics = evaluations.get(checkpoints.step_of(checkpoint), {})
      exporter.export(made, path, checkpoint, metrics, True)


def _kept(made) -> list[tuple[str, int]]:
  """Returns (path, step) of the checkpoints on disk, the oldest first."""
  state = tf.train.get_checkpoint_state(made.model_dir)
  found = []
  for path in state.all_model_checkpoint_paths if state else []:
    with contextlib.suppress(ValueError, tf.errors.OpError):  # Removed by now.
      found.append((path, checkpoints.step_of(path)))
  return found


@contextlib.contextmanager
def _serving(made: estimator.Estimator) -> Iterator[None]:
  """Holds this task's server; TensorFlow can't stop one before the process ends."""
  config = made.config
  server = config.master and tf.train.Server(
    config.cluster_spec,
    job_name=config.task_type,
    task_index=config.task_id,
    config=config.session_config,
  )
  yield
  del server


def _linger(board: cluster.Board) -> None:
  """Waits until no worker trains: the step of one would wait for this server."""
  ended = time.monotonic()
  while time.monotonic() - ended < _LINGER_SECS and any(
    board.has_said(worker, cluster.CAME)
    for worker in board.task.others(cluster.WORKER)
  ):
    time.sleep(0.2)


def _leave_once_over(
  board: cluster.Board,
  chief: cluster.Task,
  *,
  after_secs: float = 2 * _LINGER_SECS,
  leave: Callable[[int], Any] = os._exit,
) -> None:
  """Ends this process where training is over and a step of it hangs.

  A step that waits for servers that have gone waits for ever, inside TensorFlow.

  Args:
    board: of the cluster.
    chief: of it.
    after_secs: that a step may take.
    leave: is called with the exit code.
  """

  def watch():
    while not board.has_said(chief, cluster.ENDED, cluster.FAILED):
      time.sleep(min(after_secs, 1))
    time.sleep(after_secs)
    try:
      with board.telling_failure():
        board.check_failed([chief])
    except RunFailed as error:
      _log.error("%s", error)
      leave(1)
    else:
      board.say(cluster.ENDED)
      leave(0)

  threading.Thread(target=watch, daemon=True).start()
