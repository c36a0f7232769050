"""Tiny real modules, data and trained runs, made once a session.

TensorFlow is imported inside of fixtures: the process that only hands tests out
to others doesn't need it.
"""

import fcntl
import logging
import os
import pathlib
import shutil
import subprocess

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

SHARED = pathlib.Path(__file__).parent.parent.parent / "shared" / "modules"


@pytest.fixture(scope="session", autouse=True)
def _quiet_tensorflow():
  from hub_estimator.tensorflow_runtime import tf

  tf.logging.set_verbosity(tf.logging.ERROR)


@pytest.fixture(scope="session", autouse=True)
def _features_of_tests_alone(tmp_path_factory):
  os.environ["HUB_ESTIMATOR_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _log_as_before():
  """Commands that run in this process set up the log for themselves."""
  logger = logging.getLogger("hub_estimator")
  before = logger.handlers[:], logger.level, logger.propagate
  yield
  logger.handlers[:], logger.level, logger.propagate = before


@pytest.fixture
def new_log(caplog):
  """Returns a function that returns the log's lines since its last call."""
  caplog.set_level(logging.INFO, logger="hub_estimator")

  def lines():
    text = list(caplog.messages)
    caplog.clear()
    return "\n".join(text)

  return lines


@pytest.fixture
def machine(tmp_path_factory):
  """Is held by what starts many processes, and by what is timed: not both at once."""
  with open(
    tmp_path_factory.getbasetemp().parent / "machine.lock", "a"
  ) as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


@pytest.fixture(params=["in memory", "in files"])
def in_memory_and_in_files(request, monkeypatch):
  """Reads each source in memory, and by the files of its columns, as if it were large."""
  if request.param == "in files":
    monkeypatch.setenv("HUB_ESTIMATOR_LARGE_MIB", "0")


@pytest.fixture(scope="session")
def shared_module():
  """Returns a function from a name to a real module's path, or skips."""

  def path(name: str) -> str:
    if not (SHARED / name).is_dir():
      pytest.skip(f"the folder of real modules, {SHARED}, has no {name}")
    return str(SHARED / name)

  return path


@pytest.fixture(scope="session")
def trained_runs(tmp_path_factory):
  """The runs that tests share: see `tests.trained_runs.TrainedRuns`."""
  from tests.trained_runs import TrainedRuns

  made = TrainedRuns(tmp_path_factory.mktemp("trained"))
  yield made
  made.check_unchanged()


@pytest.fixture(scope="session")
def dense(tmp_path_factory) -> str:
  from hub_estimator import testing

  return testing.dense_module(
    str(tmp_path_factory.mktemp("m") / "dense"), l2=0.1
  )


@pytest.fixture(scope="session")
def batch_norm(tmp_path_factory) -> str:
  from hub_estimator import testing

  return testing.batch_norm_module(str(tmp_path_factory.mktemp("m") / "bn"))


@pytest.fixture(scope="session")
def text(tmp_path_factory) -> str:
  from hub_estimator import testing

  return testing.text_module(str(tmp_path_factory.mktemp("m") / "text"))


@pytest.fixture(scope="session")
def numbers_npz(tmp_path_factory) -> str:
  """96 examples: x float32 [4], label 0 or 1, y a number, z a class of 3."""
  rng = np.random.default_rng(0)
  x = rng.normal(size=(96, 4)).astype(np.float32)
  path = tmp_path_factory.mktemp("data") / "numbers.npz"
  np.savez(
    path,
    x=x,
    label=(x.sum(axis=1) > 0).astype(np.int64),
    y=x[:, 0] * 2,
    z=np.digitize(x[:, 1], [-0.5, 0.5]),
  )
  return str(path)


@pytest.fixture(scope="session")
def sentences_csv(tmp_path_factory) -> str:
  path = tmp_path_factory.mktemp("data") / "sentences.csv"
  rows = ["a good film,1", "the bad film,0", "good,1", "bad bad,0"] * 16
  path.write_text("sentence,label\n" + "\n".join(rows) + "\n")
  return str(path)


@pytest.fixture
def hosts():
  """Returns names of network namespaces with an address each, on one bridge."""
  if shutil.which("ip") is None or os.geteuid() != 0:
    pytest.skip("no `ip` or not root: hosts can't be made of namespaces")
  unique = f"he{os.getpid() % 100000}"
  bridge = f"{unique}b"
  names = [f"{unique}n{i}" for i in range(4)]

  def ip(*arguments, check=True):
    return subprocess.run(
      ["ip", *arguments], check=check, capture_output=True, text=True
    )

  if ip("link", "add", bridge, "type", "bridge", check=False).returncode:
    pytest.skip("no bridge can be made here")
  try:
    ip("link", "set", bridge, "up")
    found = {}
    for i, name in enumerate(names):
      if ip("netns", "add", name, check=False).returncode:
        pytest.skip("no network namespace can be made here")
      ip("link", "add", f"{name}o", "type", "veth", "peer", "name", f"{name}i")
      ip("link", "set", f"{name}o", "master", bridge, "up")
      ip("link", "set", f"{name}i", "netns", name)
      found[name] = f"10.213.{os.getpid() % 250}.{i + 1}"
      for command in (
        ("addr", "add", f"{found[name]}/24", "dev", f"{name}i"),
        ("link", "set", f"{name}i", "up"),
        ("link", "set", "lo", "up"),
      ):
        ip("-n", name, *command)
    yield found
  finally:
    for name in names:
      ip("netns", "del", name, check=False)
    ip("link", "del", bridge, check=False)
