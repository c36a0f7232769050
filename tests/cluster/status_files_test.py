"""Members of a cluster see each other's status, and wait for each other."""

import json
import threading

import pytest

from hub_estimator import cluster
from hub_estimator.errors import RunFailed

_CLUSTER = {
  "chief": ["a:1"],
  "worker": ["b:1", "c:1"],
  "ps": ["d:1"],
}


def _status(model_dir, kind, index=0):
  config = {"cluster": _CLUSTER, "task": {"type": kind, "index": index}}
  task = cluster.read_task({"TF_CONFIG": json.dumps(config)})
  return cluster.StatusFiles(model_dir, task)


def test_only_a_status_written_since_a_member_joined_counts(tmp_path):
  chief = _status(tmp_path, "chief")
  chief.write(cluster.FAILED, error="of the start before")
  worker = _status(tmp_path, "worker")
  (its_chief,) = worker.task.others(cluster.CHIEF)
  assert worker.read(its_chief) == {}
  worker.raise_failures([its_chief])
  chief.write(cluster.TRAINING, step=3)
  assert worker.is_in(its_chief, cluster.TRAINING)
  chief.write(cluster.FAILED, error="no memory")
  with pytest.raises(RunFailed, match="chief 0 failed: no memory"):
    worker.raise_failures([its_chief])


def test_an_error_is_reported_and_raised(tmp_path):
  chief = _status(tmp_path, "chief")
  worker = _status(tmp_path, "worker", 1)
  with pytest.raises(ZeroDivisionError), worker.reporting_failure():
    1 / 0  # noqa: B018
  with pytest.raises(RunFailed, match="worker 1 failed: division"):
    chief.raise_failures(chief.task.others(cluster.WORKER))


def test_a_waiting_member_logs_what_is_missing_and_fails_with_the_chief(
  tmp_path, caplog
):
  worker = _status(tmp_path, "worker")
  chief = _status(tmp_path, "chief")
  threading.Timer(1, lambda: chief.write(cluster.FAILED, error="why")).start()
  with (
    caplog.at_level("INFO", "hub_estimator"),
    pytest.raises(RunFailed, match="why"),
  ):
    worker.wait_for_servers(log_every_secs=0.1)
  assert "worker 0 waits for ps 0 at d:1." in caplog.text
