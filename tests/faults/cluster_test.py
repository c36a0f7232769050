"""Members of a cluster are killed, or fail, and the others do what is right."""

import json
import re
import signal

import numpy as np
import pytest

from hub_estimator.model_dir import checkpoints, results
from hub_estimator.tensorflow_runtime import read_eval_metrics
from tests.clusters import GIN, Cluster

pytestmark = [
  pytest.mark.newest,
  pytest.mark.faults,
  pytest.mark.usefixtures("machine"),
]


def _last_saved(model_dir) -> int:
  return max(
    (
      int(re.search(r"-(\d+)\.index", path.name).group(1))
      for path in model_dir.glob("model.ckpt-*.index")
    ),
    default=0,
  )


@pytest.mark.slow
def test_each_member_is_killed_and_comes_back(
  batch_norm, numbers_npz, tmp_path
):
  interval = 200
  gin_text = GIN.format(module=batch_norm, data=numbers_npz) + (
    f"MAX_STEPS = 1000000\nEVAL_EVERY_STEPS = {interval}\n"
    "run.keep_checkpoints = 50\n"
  )
  with Cluster(tmp_path, gin_text) as cluster:
    cluster.start()

    def trains_on(steps: int) -> None:
      before = cluster.step()
      cluster.wait_until(lambda: cluster.step() >= before + steps)

    trains_on(interval)

    # A worker: the others train on, and it comes back.
    assert cluster.end(("worker", 0)) == -signal.SIGKILL
    before = cluster.step()
    cluster.start(("worker", 0))
    trains_on(interval)
    assert cluster.step() > before

    # A worker that a scheduler takes back says so.
    assert cluster.end(("worker", 1), signal.SIGTERM) == 143
    assert "stopped by SIGTERM" in cluster.log(("worker", 1))
    cluster.start(("worker", 1))
    trains_on(interval)

    # The evaluator catches up with what was saved meanwhile.
    assert cluster.end(("evaluator", 0)) == -signal.SIGKILL
    trains_on(2 * interval)
    cluster.start(("evaluator", 0))

    # A parameter server takes its variables along.
    saved = _last_saved(cluster.model_dir)
    assert cluster.end(("ps", 1)) == -signal.SIGKILL
    cluster.start(("ps", 1))
    cluster.wait_until(
      lambda: "A parameter server was lost" in cluster.log(("chief", 0))
    )
    again = re.search(r"at step (\d+)", cluster.log(("chief", 0)))
    assert int(again.group(1)) >= saved
    trains_on(interval)

    # The chief.
    saved = _last_saved(cluster.model_dir)
    assert cluster.end(("chief", 0)) == -signal.SIGKILL
    assert saved > 0
    cluster.start(("chief", 0))
    cluster.wait_until(
      lambda: _last_saved(cluster.model_dir) >= saved + interval
    )

    # A scheduler takes all machines back at once, between two checkpoints.
    cluster.wait_until(
      lambda: cluster.step() > _last_saved(cluster.model_dir) + 20
    )
    at = cluster.step()
    codes = cluster.end_all(signal.SIGTERM)
    assert set(codes.values()) == {143}, (codes, cluster.logs())
  told = re.search(
    r"stopped by SIGTERM at step (\d+)", cluster.log(("chief", 0))
  )
  assert told and int(told.group(1)) >= at, cluster.log(("chief", 0))
  saved = _last_saved(cluster.model_dir)
  assert saved >= at
  with Cluster(
    tmp_path, gin_text, params=[f"MAX_STEPS = {saved + interval}"]
  ) as last:
    last.start()
    codes = last.wait()
    assert set(codes.values()) == {0}, (codes, last.logs())
  assert "Traceback" not in last.logs()
  result = results.read(cluster.model_dir / "result.json")
  assert result.state == results.FINISHED
  assert saved + interval <= result.steps < saved + interval + 20
  # Not one checkpoint was left out.
  evaluated = read_eval_metrics(str(cluster.model_dir / "eval"))
  kept = {
    checkpoints.step_of(str(path.with_suffix("")))
    for path in cluster.model_dir.glob("model.ckpt-*.index")
  }
  assert kept <= set(evaluated)


@pytest.mark.slow
def test_a_failure_of_one_ends_all(batch_norm, tmp_path):
  x = np.ones([4096, 4], np.float32)
  x[3000] = np.inf
  data = str(tmp_path / "data.npz")
  np.savez(data, x=x, label=np.arange(len(x)) % 2)
  gin_text = GIN.format(module=batch_norm, data=data) + (
    "inputs.npz.label = 'label'\nMAX_STEPS = 5000\nEVAL_EVERY_STEPS = 5000\n"
  )
  with Cluster(tmp_path / "cluster", gin_text, workers=1, ps=1) as cluster:
    cluster.start()
    codes = cluster.wait()
    assert set(codes.values()) == {1}, (codes, cluster.logs())
  assert "Traceback" not in cluster.logs()
  assert "Training stopped at step" in cluster.log(("chief", 0))
  for task in (("ps", 0), ("evaluator", 0)):
    assert "chief 0 failed: " in cluster.log(task)
  told = json.loads((cluster.model_dir / "result.json").read_text())
  assert told["state"] == results.FAILED
  assert "Training stopped at step" in told["error"]
