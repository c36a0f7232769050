"""One study in a real PostgreSQL server, shared by four workers."""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

import pytest
from optuna.trial import TrialState

from hub_estimator import config
from hub_estimator.sweeps import open_study, read_sweep, trials_of
from hub_estimator.sweeps.study import identity_of
from tests.sweeps import small

pytestmark = pytest.mark.newest

_BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
  """Returns the URL of an empty database on loopback."""
  if not _BIN:
    pytest.skip("no PostgreSQL server on this machine")
  data = pathlib.Path("/tmp") / f"hub_estimator_postgresql_{os.getpid()}"
  data.mkdir()
  with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
  run = {}
  if os.geteuid() == 0:  # The server refuses to be root.
    try:
      user = pwd.getpwnam("postgres")
    except KeyError:
      pytest.skip("no user 'postgres' for the server")
    os.chown(data, user.pw_uid, user.pw_gid)
    run = {"user": user.pw_uid, "group": user.pw_gid, "cwd": data}
  subprocess.run(
    [f"{_BIN[-1]}/initdb", "-D", data / "db", "-U", "sweeper", "-A", "trust"],
    check=True,
    capture_output=True,
    **run,
  )
  process = subprocess.Popen(
    [
      f"{_BIN[-1]}/postgres",
      *("-D", data / "db", "-p", str(port), "-h", "127.0.0.1"),
      *("-k", data),
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    **run,
  )
  try:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
      try:
        psycopg.connect(
          host="127.0.0.1", port=port, user="sweeper", dbname="postgres"
        ).close()
        break
      except psycopg.OperationalError:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    yield f"postgresql://sweeper@127.0.0.1:{port}/postgres"
  finally:
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    shutil.rmtree(data)


@pytest.mark.faults
@pytest.mark.slow
def test_two_commands_with_two_workers_each_share_a_study_one_is_killed(
  server, tmp_path, dense, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "sweep.space = {'optimizers.adam.learning_rate': "
    "[0.05, 0.04, 0.03, 0.02, 0.01, 0.005]}\n"
    "MAX_STEPS = 300\nEVAL_EVERY_STEPS = 100\n",
  )
  # As on two machines, each with a directory of its own of the same name.
  here, there = tmp_path / "here/shared", tmp_path / "there/shared"
  commands = [
    subprocess.Popen(
      small.command(file, directory, "--workers=2", f"--storage={server}"),
      stderr=subprocess.PIPE,
      text=True,
    )
    for directory in (here, there)
  ]
  small.wait_for(lambda: list(here.glob("trials/*/model.ckpt-100.index")))
  os.kill(small.workers_of(here)[0], signal.SIGKILL)
  logs = [command.communicate(timeout=400)[1] for command in commands]
  assert [c.returncode for c in commands] == [0, 0], logs
  config.parse([file])
  base = (here / "base.gin").read_text()
  sweep = read_sweep()
  study = open_study(server, "shared", sweep, identity=identity_of(base, sweep))
  trials = trials_of(study)
  assert [t.state for t in trials] == [TrialState.COMPLETE] * 6
  assert len({t.params["optimizers.adam.learning_rate"] for t in trials}) == 6
  # Both ran some, and both report the same ranking.
  assert len(list(here.glob("trials/*"))) + len(
    list(there.glob("trials/*"))
  ) in (6, 7)
  assert list(here.glob("trials/*")) and list(there.glob("trials/*"))
  markdown = [(d / "leaderboard.md").read_text() for d in (here, there)]
  assert markdown[0] == markdown[1]
