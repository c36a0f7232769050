"""TensorBoard's HParams plugin reads what a sweep writes."""

import contextlib
import dataclasses
import json
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from tensorboard.plugins.hparams import metadata, plugin_data_pb2

from hub_estimator.sweeps import Row, Sweep, hparams, leaderboard
from hub_estimator.tensorflow_runtime import tf
from tests.sweeps import small

pytestmark = pytest.mark.newest


def _read(directory):
  """Returns (hparams by name, values by tag, states) of an event directory."""
  params, values, states = {}, {}, []
  (file,) = directory.glob("*.hparams")
  for event in tf.train.summary_iterator(str(file)):
    for value in event.summary.value:
      if value.metadata.plugin_data.plugin_name == metadata.PLUGIN_NAME:
        data = plugin_data_pb2.HParamsPluginData.FromString(
          value.metadata.plugin_data.content
        )
        for name, held in data.session_start_info.hparams.items():
          params[name] = getattr(held, held.WhichOneof("kind"))
        if data.HasField("session_end_info"):
          states.append(data.session_end_info.status)
      else:
        values[value.tag] = value.simple_value
  return params, values, states


@pytest.mark.slow
def test_each_trial_has_its_parameters_goals_and_state(
  tmp_path, dense, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "OPTIMIZER = @optimizers.sgd()\n"
    "sweep.space = {'optimizers.sgd.learning_rate': [0.5, 1e38],"
    f" 'HANDLE': [{dense!r}]}}\n",
  )
  at, sweep, study = small.run_here(file, tmp_path / "sweep")
  rows = leaderboard.make_rows(study, sweep)
  for _ in range(2):  # Ranked again, they are rewritten.
    hparams.write(rows, sweep, at.path)
  params, values, states = _read(at.path / "hparams/0")
  assert params == {"optimizers.sgd.learning_rate": 0.5, "HANDLE": dense}
  assert abs(values["goal/loss"] - rows[0].goals["loss"]) < 1e-6
  assert states == [1]  # Success.
  assert _read(at.path / "hparams/1")[2] == [2]  # Failure.
  assert list((at.path / "hparams").glob("*.hparams"))


@pytest.mark.slow
def test_tensorboards_own_server_lists_parameters_and_trials(tmp_path):
  rows = [
    Row(
      **dict.fromkeys(f.name for f in dataclasses.fields(Row))
      | {
        "trial": number,
        "state": "finished",
        "goals": {"loss": 0.5},
        "params": {"rate": rate, "kind": kind},
      }
    )
    for number, (rate, kind) in enumerate([(0.1, "a"), (0.2, "b")])
  ]
  hparams.write(rows, Sweep(None, goals=["loss"]), tmp_path)
  with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
  server = subprocess.Popen(
    [
      *(sys.executable, "-m", "tensorboard.main", "--logdir", str(tmp_path)),
      *("--host", "127.0.0.1", "--port", str(port)),
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
  )

  def ask(what, **query):
    request = urllib.request.Request(
      f"http://127.0.0.1:{port}/data/plugin/hparams/{what}",
      json.dumps(query).encode(),
      {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
      return json.load(answer)

  try:
    deadline = time.monotonic() + 90
    groups = []
    while len(groups) < 2:
      assert time.monotonic() < deadline
      time.sleep(0.5)
      with contextlib.suppress(OSError):
        experiment = ask("experiment")
        groups = ask(
          "session_groups",
          startIndex=0,
          sliceSize=10,
          allowedStatuses=["STATUS_SUCCESS"],
          colParams=[{"hparam": "rate"}],
        )["sessionGroups"]
  finally:
    server.terminate()
    server.wait()
  shown = {info["name"]: info for info in experiment["hparamInfos"]}
  assert shown["rate"]["type"] == "DATA_TYPE_FLOAT64"
  assert shown["kind"]["type"] == "DATA_TYPE_STRING"
  assert sorted(g["hparams"]["rate"] for g in groups) == [0.1, 0.2]
