"""Evaluation in one graph: what Estimator's own gives, at every checkpoint."""

import numpy as np
import pytest

from hub_estimator import heads, inputs, optimizers, runs
from hub_estimator.errors import UserError
from hub_estimator.model import metrics
from hub_estimator.model.evaluated_loss import EXAMPLES_LOSS
from hub_estimator.tensorflow_runtime import estimator, read_eval_metrics, tf
from tests.small_runs import make_experiment, make_regression
from tests.training.seams import CountingCache

# Files of the room that these tests cover, beside their own.
COVERS = ("evaluating",)


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
  batch_norm, numbers_npz, tmp_path, changes
):
  experiment = make_experiment(
    batch_norm, numbers_npz, module_trainable=True, **changes
  )
  cache = CountingCache()
  runs.train(experiment, str(tmp_path / "run"), cache=cache)
  assert cache.count("evaluation") == 1
  ours = read_eval_metrics(str(tmp_path / "run/eval"))
  assert list(ours) == [10, 20]
  checked = runs.check(experiment)
  plain = estimator.Estimator(checked.model_fn, str(tmp_path / "run"))
  for step, values in ours.items():
    theirs = plain.evaluate(
      inputs.make_eval_input_fn(
        checked.eval, batch_size=experiment.eval_batch_size
      ),
      checkpoint_path=str(tmp_path / f"run/model.ckpt-{step}"),
      name="theirs",
    )
    assert theirs["global_step"] == step
    numbers = {n: v for n, v in theirs.items() if isinstance(v, np.floating)}
    numbers["loss"] = numbers.pop(EXAMPLES_LOSS)
    assert values == pytest.approx(numbers, rel=1e-5)


class _Counted(metrics.F1):
  """Counts the graphs of evaluation that it is built into."""

  built = 0

  def build(self, labels, predictions, weights):
    type(self).built += 1
    return super().build(labels, predictions, weights)


@pytest.mark.slow
@pytest.mark.parametrize("trainable", [False, True])
def test_a_run_evaluates_in_the_graph_that_was_checked(
  dense, numbers_npz, tmp_path, trainable
):
  before = _Counted.built
  runs.train(
    make_experiment(
      dense, numbers_npz, module_trainable=trainable, metrics=[_Counted()]
    ),
    str(tmp_path),
  )
  assert _Counted.built == before + 1
  assert list(read_eval_metrics(str(tmp_path / "eval"))) == [10, 20]


@pytest.mark.slow
def test_runs_that_differ_in_their_rate_share_the_graph_of_kept_features(
  dense, numbers_npz, tmp_path
):
  cache, found = CountingCache(), []
  for number, changes in enumerate(
    ({}, {"seed": 2}, {"eval_batch_size": 9}, {"metrics": [metrics.F1()]})
  ):
    experiment = make_experiment(
      dense, numbers_npz, module_trainable=False, **changes
    )
    runs.train(experiment, str(tmp_path / str(number)), cache=cache)
    found.append(cache.count("evaluation"))
  assert found == [1, 1, 2, 3]


@pytest.mark.slow
def test_runs_that_train_a_module_share_its_graph(
  dense, numbers_npz, tmp_path, trained_runs
):
  cache, found = CountingCache(), []
  for number, rate in enumerate((0.05, 0.001)):
    experiment = make_regression(
      dense, numbers_npz, optimizer=optimizers.Adam(rate)
    )
    shared = runs.train(experiment, str(tmp_path / str(number)), cache=cache)
    alone = trained_runs.read_only(experiment).result
    found += [shared.metrics, alone.metrics]
  assert cache.count("evaluation") == 1
  assert found[0] == found[1] != found[2] == found[3]


@pytest.mark.slow
def test_a_missing_checkpoint_is_reported(dense, numbers_npz, tmp_path):
  experiment = make_regression(dense, numbers_npz)
  checked = runs.check(experiment)
  with pytest.raises((ValueError, tf.errors.OpError), match="gone"):
    checked.evaluation.run(
      str(tmp_path / "gone"), str(tmp_path / "eval"), tf.ConfigProto()
    )


class _Adding(estimator.SessionRunHook):
  """Adds an op of its own in each session, and counts."""

  def __init__(self):
    self.sessions, self.examples = 0, 0

  def begin(self):
    self.sessions += 1
    (metric, *_) = tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)
    self._read = tf.identity(metric)

  def before_run(self, run_context):
    return estimator.SessionRunArgs(self._read)

  def after_run(self, run_context, run_values):
    assert run_values.results is not None
    self.examples += 1


@pytest.mark.slow
def test_hooks_of_the_users_run_in_each_evaluation(
  dense, numbers_npz, tmp_path
):
  hook = _Adding()
  experiment = make_experiment(
    dense, numbers_npz, eval_hooks=[hook], eval_batch_size=48
  )
  runs.train(experiment, tmp_path)
  assert (hook.sessions, hook.examples) == (2, 4)
  runs.evaluate(tmp_path, experiment=experiment)
  assert (hook.sessions, hook.examples) == (3, 6)
  with pytest.raises(
    UserError, match="run.eval_hooks has 3; .*SessionRunHooks"
  ):
    make_experiment(dense, numbers_npz, eval_hooks=[3])
