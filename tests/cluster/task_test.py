"""A process finds its place in TF_CONFIG, or one line says what is wrong."""

import json
import os

import pytest

from hub_estimator import cluster
from hub_estimator.errors import UserError

_CLUSTER = {
  "chief": ["a:1"],
  "worker": ["b:1", "c:1"],
  "ps": ["d:1"],
}


def _environ(cluster_of=_CLUSTER, kind="worker", index=0):
  value = {"cluster": cluster_of, "task": {"type": kind, "index": index}}
  return {"TF_CONFIG": json.dumps(value)}


@pytest.mark.parametrize(
  "environ",
  [{}, {"TF_CONFIG": ""}, {"TF_CONFIG": "{}"}, {"TF_CONFIG": '{"task": {}}'}],
)
def test_without_a_cluster_a_process_trains_alone(environ):
  assert cluster.read_task(environ) is None


def test_a_task_knows_its_place():
  task = cluster.read_task(_environ(index=1))
  assert (str(task), task.address, task.trains) == ("worker 1", "c:1", True)
  assert [str(t) for t in task.others("worker")] == ["worker 0", "worker 1"]
  assert not cluster.read_task(_environ(kind="ps")).trains
  assert str(cluster.read_task(_environ(kind="evaluator"))) == "evaluator 0"
  by_index = {**_CLUSTER, "worker": {"1": "c:1", "0": "b:1"}}
  assert cluster.read_task(_environ(by_index, index=1)).address == "c:1"


@pytest.mark.parametrize(
  ("environ", "message"),
  [
    ({"TF_CONFIG": "{chief"}, "isn't JSON"),
    ({"TF_CONFIG": json.dumps({"cluster": _CLUSTER})}, "a cluster and no task"),
    (_environ(kind="work"), "one of: chief, worker, ps, evaluator"),
    (_environ(index=2), "worker 2; the cluster has 2 of them"),
    (_environ(index=-1), "counted from 0"),
    (_environ(index="x"), "worker 'x'"),
    (_environ({**_CLUSTER, "worker": ["b"]}), '"host:port"'),
    (_environ({**_CLUSTER, "worker": "b:1"}), "a list"),
    (_environ({**_CLUSTER, "worker": {"b": "b:1"}}), "a list"),
    (_environ({**_CLUSTER, "worker": ["a:1"]}), "a:1 twice"),
    (_environ({"worker": ["a:1"]}), "MultiWorkerMirroredStrategy"),
    (_environ({**_CLUSTER, "chief": ["a:1", "e:1"]}), "2 chiefs"),
    (_environ({"chief": ["a:1"], "worker": ["b:1"]}), "workers and no ps"),
    (_environ({"master": ["a:1"], "ps": ["b:1"]}), "Name the master chief"),
  ],
)
def test_a_cluster_that_cannot_train_gets_one_line(environ, message):
  with pytest.raises(UserError, match=message) as raised:
    cluster.read_task(environ)
  assert "\n" not in str(raised.value)


def test_run_configs_see_the_task_and_what_was_there_comes_back(monkeypatch):
  monkeypatch.setenv("TF_CONFIG", "theirs")
  for kind in ("chief", "evaluator", None):
    task = kind and cluster.read_task(_environ(kind=kind))
    with cluster.environment(task):
      seen = os.environ.get("TF_CONFIG")
    assert (seen is not None) == (kind == "chief")
    assert os.environ["TF_CONFIG"] == "theirs"
