"""TensorBoard's HParams plugin: all trials of a sweep, comparable."""

import pathlib
from collections.abc import Sequence

from hub_estimator.sweeps.leaderboard import Row
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.tensorflow_runtime import tf

_SUFFIX = ".hparams"


def write(rows: Sequence[Row], sweep: Sweep, directory: pathlib.Path) -> None:
  """Writes event files, in `<sweep_dir>/hparams/`, one for each trial.

  TensorBoard on the sweep's directory shows them in its tab HParams.
  """
  from tensorboard.plugins.hparams import api_pb2, summary

  status = {
    "finished": api_pb2.STATUS_SUCCESS,
    "failed": api_pb2.STATUS_FAILURE,
    "running": api_pb2.STATUS_RUNNING,
  }
  names = list(dict.fromkeys(name for row in rows for name in row.params))
  root = directory / "hparams"
  _events(
    root,
    [
      summary.experiment_pb(
        hparam_infos=[_info(name, rows) for name in names],
        metric_infos=[
          api_pb2.MetricInfo(name=api_pb2.MetricName(tag=f"goal/{goal}"))
          for goal in sweep.goals
        ],
      )
    ],
  )
  for row in rows:
    hparams = {
      name: value if isinstance(value, (bool, int, float)) else str(value)
      for name, value in row.params.items()
    }
    ended = status.get(row.state, api_pb2.STATUS_UNKNOWN)
    values = tf.Summary(
      value=[
        tf.Summary.Value(tag=f"goal/{goal}", simple_value=value)
        for goal, value in row.goals.items()
      ]
    )
    _events(
      root / str(row.trial),
      [
        summary.session_start_pb(hparams=hparams),
        values,
        summary.session_end_pb(ended),
      ],
    )


def _info(name: str, rows: Sequence[Row]):
  """Returns what the plugin shows of a parameter: its type, and that it varies."""
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


def _events(directory: pathlib.Path, summaries: Sequence) -> None:
  """Writes an event file anew: those of an earlier call are removed."""
  for old in directory.glob(f"*{_SUFFIX}"):
    old.unlink()
  with (
    tf.Graph().as_default(),
    tf.summary.FileWriter(str(directory), filename_suffix=_SUFFIX) as writer,
  ):
    for value in summaries:
      writer.add_summary(value, 0)
