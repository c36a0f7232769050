"""TensorBoard's HParams plugin: all trials of a sweep side by side."""

import pathlib
from collections.abc import Sequence
from typing import Any

from hub_estimator.sweeps.row import Row
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.tensorflow_runtime import tf

_SUFFIX = ".hparams"


def write(rows: Sequence[Row], sweep: Sweep, directory: pathlib.Path) -> None:
  """Writes event files to `<sweep_dir>/hparams/`, one for each trial.

  TensorBoard on the sweep_dir shows them in its tab HParams.

  Args:
    rows: of the leaderboard.
    sweep: its settings.
    directory: the sweep_dir.
  """
  root = directory / "hparams"
  _write_events(root, [_experiment(rows, sweep)])
  for row in rows:
    _write_events(root / str(row.trial), _session(row))


def _experiment(rows: Sequence[Row], sweep: Sweep) -> Any:
  """Returns the plugin's summary of all parameters and goals."""
  from tensorboard.plugins.hparams import api_pb2, summary

  names = list(dict.fromkeys(name for row in rows for name in row.params))
  return summary.experiment_pb(
    hparam_infos=[_info(name, rows) for name in names],
    metric_infos=[
      api_pb2.MetricInfo(name=api_pb2.MetricName(tag=f"goal/{goal}"))
      for goal in sweep.goals
    ],
  )


def _info(name: str, rows: Sequence[Row]) -> Any:
  """Returns what the plugin shows about a parameter: its type, whether it varies."""
  from tensorboard.plugins.hparams import api_pb2

  values = [row.params[name] for row in rows if name in row.params]
  if all(isinstance(value, bool) for value in values):
    kind = api_pb2.DATA_TYPE_BOOL
  elif all(isinstance(value, (int, float)) for value in values):
    kind = api_pb2.DATA_TYPE_FLOAT64
  else:
    kind = api_pb2.DATA_TYPE_STRING
  differs = len({repr(value) for value in values}) > 1 or len(values) < len(
    rows
  )
  return api_pb2.HParamInfo(name=name, type=kind, differs=differs)


def _session(row: Row) -> list[Any]:
  """Returns the plugin's summaries of one trial: parameters, goals, state."""
  from tensorboard.plugins.hparams import api_pb2, summary

  states = {
    "finished": api_pb2.STATUS_SUCCESS,
    "failed": api_pb2.STATUS_FAILURE,
    "running": api_pb2.STATUS_RUNNING,
  }
  hparams = {
    name: value if isinstance(value, (bool, int, float)) else str(value)
    for name, value in row.params.items()
  }
  goals = tf.Summary(
    value=[
      tf.Summary.Value(tag=f"goal/{goal}", simple_value=value)
      for goal, value in row.goals.items()
    ]
  )
  return [
    summary.session_start_pb(hparams=hparams),
    goals,
    summary.session_end_pb(states.get(row.state, api_pb2.STATUS_UNKNOWN)),
  ]


def _write_events(directory: pathlib.Path, summaries: Sequence[Any]) -> None:
  """Writes an event file; files of an earlier call are removed."""
  for old in directory.glob(f"*{_SUFFIX}"):
    old.unlink()
  with (
    tf.Graph().as_default(),
    tf.summary.FileWriter(str(directory), filename_suffix=_SUFFIX) as writer,
  ):
    for value in summaries:
      writer.add_summary(value, 0)
