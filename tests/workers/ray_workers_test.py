"""A sweep on a Ray cluster of several nodes, one of which is removed."""

import functools
import json
import os

import pytest

from hub_estimator import config
from hub_estimator.errors import UserError
from hub_estimator.sweeps import run_sweep
from hub_estimator.workers import Program, RayWorkers
from tests.sweeps import small

pytestmark = pytest.mark.newest

ray = pytest.importorskip("ray", reason="Ray has no package for this stack")


@pytest.fixture
def cluster():
  from ray.cluster_utils import Cluster

  cluster = Cluster(
    initialize_head=True,
    head_node_args={"num_cpus": 0, "include_dashboard": False},
  )
  yield cluster
  if ray.is_initialized():
    ray.shutdown()
  cluster.shutdown()


@pytest.mark.faults
@pytest.mark.slow
def test_removing_a_node_loses_nothing(
  cluster, tmp_path, dense, numbers_npz, monkeypatch
):
  nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
  cluster.wait_for_nodes()
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "sweep.space = {'optimizers.adam.learning_rate': [0.05, 0.04, 0.03, 0.02]}\n"
    "MAX_STEPS = 600\nEVAL_EVERY_STEPS = 100\n",
  )
  at = tmp_path / "sweep"
  removed = []

  class Removing(RayWorkers):
    def reap(self):
      if not removed and list(at.glob("trials/[01]/model.ckpt-1??.index")):
        removed.append(nodes[0])
        cluster.remove_node(nodes[0], allow_graceful=False)
      return super().reap()

  config.parse([file])
  outcome = run_sweep(
    str(at),
    workers=2,
    make_workers=functools.partial(
      Removing, address=cluster.address, cpus=1.0, gpus=0.0
    ),
  )
  assert removed
  assert [row.state for row in outcome.leaderboard] == ["finished"] * 4
  assert sorted(row.trial for row in outcome.leaderboard) == [0, 1, 2, 3]
  written = json.loads((at / "leaderboard.json").read_text())["trials"]
  assert len(written) == 4
  assert sorted(os.listdir(at / "trials")) == ["0", "1", "2", "3"]


def test_a_missing_cluster_gives_one_line(tmp_path):
  with pytest.raises(UserError, match="no Ray cluster at 'auto'"):
    RayWorkers(
      Program("", [], tmp_path / "logs"), 1, address="auto", cpus=1.0, gpus=0.0
    )
