"""A worker whose step hangs exits once the chief has ended."""

import json
import queue

import pytest

from hub_estimator import cluster
from hub_estimator.training.worker import exit_once_over


@pytest.mark.parametrize("state, code", [("ended", 0), ("failed", 1)])
def test_it_exits_with_the_end_of_the_chief(tmp_path, state, code):
  def status(kind):
    config = {"cluster": {"chief": ["a:1"], "worker": ["b:1"], "ps": ["c:1"]}}
    config["task"] = {"type": kind, "index": 0}
    task = cluster.read_task({"TF_CONFIG": json.dumps(config)})
    return cluster.StatusFiles(tmp_path, task)

  chief, worker = status("chief"), status("worker")
  codes = queue.Queue()
  (of_chief,) = worker.task.others(cluster.CHIEF)
  exit_once_over(worker, of_chief, after_secs=0.01, leave=codes.put)
  assert codes.empty()
  chief.write(state, error="the loss is nan")
  assert codes.get(timeout=30) == code
  assert chief.is_in(worker.task, state)
