"""Real processes as one TensorFlow cluster."""

import pathlib

import pytest

from hub_estimator import runs
from hub_estimator.model_dir import results
from hub_estimator.tensorflow_runtime import read_eval_metrics
from tests.clusters import GIN, Cluster
from tests.small_runs import make_experiment

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("machine")]

# Files of the room that this test covers.
COVERS = ("chief", "chief_hooks", "cluster_hooks", "evaluator", "server")
_STEPS = 300


def _gin(module, data, *lines) -> str:
  return GIN.format(module=module, data=data) + "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def alone(batch_norm, numbers_npz, tmp_path_factory):
  """The loss of three runs of one process, by whether the module is trained."""
  found = {}
  for trainable in (True, False):
    found[trainable] = []
    for seed in (1, 2, 3):
      experiment = make_experiment(
        batch_norm,
        numbers_npz,
        module_trainable=trainable,
        max_steps=_STEPS,
        eval_every_steps=_STEPS,
        seed=seed,
      )
      directory = str(tmp_path_factory.mktemp("alone"))
      found[trainable].append(runs.train(experiment, directory).metrics["loss"])
  return found


@pytest.mark.slow
@pytest.mark.parametrize("trainable", [True, False])
def test_a_cluster_does_what_one_process_does(
  batch_norm, numbers_npz, tmp_path, alone, trainable
):
  gin_text = _gin(
    batch_norm,
    numbers_npz,
    f"module.trainable = {trainable}",
    "optimizers.adam.learning_rate = 0.05",
    f"MAX_STEPS = {_STEPS}",
    "EVAL_EVERY_STEPS = 100",
  )
  with Cluster(tmp_path, gin_text) as cluster:
    cluster.start()
    codes = cluster.wait()
    assert set(codes.values()) == {0}, (codes, cluster.logs())
    assert "Traceback" not in cluster.logs()
  result = results.read(cluster.model_dir / "result.json")
  assert result.state == results.FINISHED
  assert _STEPS <= result.steps < _STEPS + 10
  spread = max(alone[trainable]) - min(alone[trainable])
  assert (
    min(alone[trainable]) - 2 * spread - 0.02
    < result.metrics["loss"]
    < max(alone[trainable]) + 2 * spread + 0.02
  )
  # Evaluated and exported at every checkpoint, by the evaluator.
  evaluations = read_eval_metrics(str(cluster.model_dir / "eval"))
  assert len(evaluations) >= 3
  assert (
    cluster.model_dir / result.exports["latest"]["model"] / "saved_model.pb"
  ).exists()
  assert cluster.log(("evaluator", 0)).count("Exported step") == len(
    evaluations
  )
  # Started again, all members say that it is done.
  before = (cluster.model_dir / "result.json").read_bytes()
  with Cluster(tmp_path, gin_text) as again:
    again.start()
    assert set(again.wait().values()) == {0}, again.logs()
  assert (cluster.model_dir / "result.json").read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("alone", [True, False])
def test_without_an_evaluator_the_chief_evaluates_and_exports_at_the_end(
  batch_norm, numbers_npz, tmp_path, alone
):
  gin_text = _gin(
    batch_norm, numbers_npz, "MAX_STEPS = 60", "EVAL_EVERY_STEPS = 30"
  )
  with Cluster(
    tmp_path, gin_text, workers=0 if alone else 1, ps=0 if alone else 1
  ) as cluster:
    cluster.start(*cluster.tasks[:-1])
    assert set(cluster.wait().values()) == {0}, cluster.logs()
    assert "no evaluator: the chief evaluates" in cluster.log(("chief", 0))
    result = (cluster.model_dir / "result.json").read_bytes()
    # One that comes late finds it done.
    cluster.start(("evaluator", 0))
    assert set(cluster.wait().values()) == {0}, cluster.logs()
    assert "Done before" in cluster.log(("evaluator", 0))
  assert (cluster.model_dir / "result.json").read_bytes() == result
  told = results.read(cluster.model_dir / "result.json")
  assert (told.state, "error" in told.exports["latest"]) == (
    results.FINISHED,
    False,
  )


@pytest.mark.slow
def test_hosts_with_addresses_of_their_own(
  batch_norm, numbers_npz, tmp_path, hosts
):
  gin_text = _gin(
    batch_norm, numbers_npz, "MAX_STEPS = 100", "EVAL_EVERY_STEPS = 50"
  )
  tasks = [("chief", 0), ("worker", 0), ("ps", 0), ("evaluator", 0)]
  places = dict(zip(tasks, hosts.items(), strict=True))
  with Cluster(
    tmp_path,
    gin_text,
    workers=1,
    ps=1,
    prefixes={
      task: ("ip", "netns", "exec", name)
      for task, (name, address) in places.items()
    },
    hosts={task: address for task, (name, address) in places.items()},
  ) as cluster:
    cluster.start()
    codes = cluster.wait()
    assert set(codes.values()) == {0}, (codes, cluster.logs())
  result = results.read(cluster.model_dir / "result.json")
  assert (result.state, result.exports["latest"]["model"][:14]) == (
    results.FINISHED,
    "export/latest/",
  )


@pytest.mark.slow
def test_a_cluster_trains_a_users_model_fn(
  batch_norm, numbers_npz, tmp_path, monkeypatch
):
  # Where the user's code is.
  monkeypatch.setenv("PYTHONPATH", str(pathlib.Path(__file__).parents[2]))
  gin_text = f"""
import tests.user_code
run.model = @models.function()
models.function.model_fn = @tests.classify
models.function.params = {{"handle": {batch_norm!r}}}
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {numbers_npz!r}
inputs.npz.features = ["x"]
run.max_steps = 100
run.eval_every_steps = 50
run.batch_size = 16
"""
  with Cluster(tmp_path, gin_text, workers=1, ps=1) as cluster:
    cluster.start()
    codes = cluster.wait()
    assert set(codes.values()) == {0}, (codes, cluster.logs())
    assert "Traceback" not in cluster.logs()
  result = results.read(cluster.model_dir / "result.json")
  assert result.state == results.FINISHED
  assert result.metrics["accuracy"] > 0.8
  assert "error" not in result.exports["latest"]


@pytest.mark.slow
def test_hooks_of_the_users_run_in_each_role(
  dense, numbers_npz, tmp_path, monkeypatch
):
  monkeypatch.setenv("PYTHONPATH", str(pathlib.Path(__file__).parents[2]))
  monkeypatch.setenv("NOTES", str(tmp_path))
  gin_text = "import tests.user_hooks\n" + _gin(
    dense,
    numbers_npz,
    "MAX_STEPS = 60",
    "EVAL_EVERY_STEPS = 30",
    "run.hooks = [@train/tests.noting()]",
    "run.eval_hooks = [@eval/tests.noting()]",
    "train/tests.noting.name = 'train'",
    "eval/tests.noting.name = 'eval'",
  )
  with Cluster(tmp_path, gin_text, workers=1, ps=1) as cluster:
    cluster.start()
    codes = cluster.wait()
    assert set(codes.values()) == {0}, (codes, cluster.logs())
  notes = {path.stem: int(path.read_text()) for path in tmp_path.glob("*.note")}
  assert set(notes) <= {"train-chief", "train-worker", "eval-evaluator"}
  # Each sees its own session.runs; together they took all steps.
  assert notes["train-chief"] > 0
  assert 60 <= notes["train-chief"] + notes.get("train-worker", 0) < 70
  # Six batches of 16 an evaluation.
  assert notes["eval-evaluator"] >= 2
