"""Evaluation in one graph: what Estimator's own gives, at every checkpoint."""

import numpy as np
import pytest

from hub_estimator import heads, inputs, optimizers
from hub_estimator.model import metrics
from hub_estimator.runs import checking
from hub_estimator.runs import experiment as experiments
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics, tf
from hub_estimator.training import evaluating
from hub_estimator.training.memory import Memory
from tests.small_runs import make_experiment


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def graphs(monkeypatch):
  """Returns a list that grows with each graph of an evaluation."""
  made = []
  init = evaluating.Evaluation.__init__

  def counted(self, *args):
    made.append(self)
    init(self, *args)

  monkeypatch.setattr(evaluating.Evaluation, "__init__", counted)
  return made


@pytest.mark.slow
@pytest.mark.parametrize(
  "changes",
  [
    {"metrics": [metrics.F1(), metrics.ConfusionMatrix()]},
    {"fine_tuning": optimizers.FineTuning(average_decay=0.5)},
    {"head": heads.Regression(), "label": "y", "eval_batch_size": 7},
  ],
  ids=["metrics", "averages", "regression"],
)
def test_metrics_are_those_of_estimators_own_evaluation(
  batch_norm, numbers_npz, tmp_path, graphs, changes
):
  experiment = make_experiment(
    batch_norm, numbers_npz, module_trainable=True, **changes
  )
  experiments.train(experiment, str(tmp_path / "run"))
  assert len(graphs) == 1
  ours = read_eval_metrics(str(tmp_path / "run/eval"))
  assert list(ours) == [10, 20]
  checked = checking.check(experiment)
  made = estimator.Estimator(checked.model_fn, str(tmp_path / "run"))
  for step, values in ours.items():
    theirs = made.evaluate(
      inputs.make_eval_input_fn(
        checked.eval, batch_size=experiment.eval_batch_size
      ),
      checkpoint_path=str(tmp_path / f"run/model.ckpt-{step}"),
      name="theirs",
    )
    assert theirs["global_step"] == step
    for name, value in values.items():
      assert value == pytest.approx(theirs[name], rel=1e-5), name
    numbers = {n for n, v in theirs.items() if isinstance(v, np.floating)}
    assert set(values) == numbers


@pytest.mark.slow
def test_runs_that_differ_in_their_rate_share_the_graph_of_kept_features(
  dense, numbers_npz, tmp_path, graphs
):
  memory, found = Memory(), []
  for number, changes in enumerate(
    ({}, {"seed": 2}, {"eval_batch_size": 9}, {"metrics": [metrics.F1()]})
  ):
    experiment = make_experiment(
      dense, numbers_npz, module_trainable=False, **changes
    )
    experiments.train(experiment, str(tmp_path / str(number)), memory=memory)
    found.append(len(graphs))
  assert found == [1, 1, 2, 3]


@pytest.mark.slow
def test_runs_that_train_a_module_share_its_graph(
  dense, numbers_npz, tmp_path, graphs
):
  memory, found = Memory(), []
  for number, rate in enumerate((0.05, 0.001)):
    experiment = make_experiment(
      dense, numbers_npz, optimizer=optimizers.Adam(rate)
    )
    for at, known in (("shared", memory), ("alone", None)):
      result = experiments.train(
        experiment, str(tmp_path / f"{at}_{number}"), memory=known
      )
      found.append(result.metrics)
  assert len(graphs) == 3
  assert found[0] == found[1] != found[2] == found[3]


@pytest.mark.slow
def test_a_checkpoint_that_is_gone_is_told(dense, numbers_npz, tmp_path):
  experiment = make_experiment(dense, numbers_npz)
  checked = checking.check(experiment)
  made = estimator.Estimator(checked.model_fn, str(tmp_path))
  evaluation = evaluating.Evaluation(
    made,
    inputs.make_eval_input_fn(checked.eval, batch_size=9),
    tf.ConfigProto(),
  )
  with pytest.raises((ValueError, tf.errors.OpError), match="gone"):
    evaluation.run(str(tmp_path / "gone"), str(tmp_path / "eval"))
