"""What was checked is what trains: one graph, and the numbers of Estimator's own."""

import numpy as np
import pytest

from hub_estimator import checking, inputs, train_graph
from hub_estimator import experiment as experiments
from hub_estimator.memory import Memory
from hub_estimator.tensorflow_runtime import estimator, tf
from tests.runs import make_experiment, replace


@pytest.fixture
def graphs(monkeypatch):
  """Returns a list that grows with each graph of training."""
  made = []
  build = train_graph.build

  def counted(*args, **kwargs):
    made.append(build(*args, **kwargs))
    return made[-1]

  monkeypatch.setattr(train_graph, "build", counted)
  return made


def _weights(directory) -> dict[str, np.ndarray]:
  reader = tf.train.load_checkpoint(str(directory))
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


def _assert_same(one, other):
  a, b = _weights(one), _weights(other)
  assert a.keys() == b.keys()
  for name, value in a.items():
    np.testing.assert_array_equal(value, b[name], err_msg=name)


@pytest.mark.slow
def test_a_run_builds_it_once_and_takes_the_steps_of_estimators_own(
  batch_norm, numbers_npz, tmp_path, graphs
):
  experiment = make_experiment(batch_norm, numbers_npz)
  experiments.train(experiment, str(tmp_path / "ours"))
  assert len(graphs) == 1
  checked = checking.check(experiment)
  theirs = estimator.Estimator(
    checked.model_fn,
    str(tmp_path / "theirs"),
    estimator.RunConfig(tf_random_seed=experiment.seed),
  )
  theirs.train(
    inputs.make_train_input_fn(
      checked.train, batch_size=experiment.batch_size, seed=experiment.seed
    ),
    max_steps=experiment.max_steps,
  )
  _assert_same(tmp_path / "ours", tmp_path / "theirs")


@pytest.mark.slow
def test_a_run_that_shares_its_check_ends_as_one_alone(
  dense, numbers_npz, tmp_path, graphs
):
  memory, experiment = Memory(), make_experiment(dense, numbers_npz)
  for name in ("first", "second"):
    experiments.train(experiment, str(tmp_path / name), memory=memory)
  # The check's graph trained the first: the second has one of its own.
  assert len(graphs) == 2
  _assert_same(tmp_path / "first", tmp_path / "second")


@pytest.mark.slow
def test_it_goes_on_and_starts_where_it_shall(
  dense, numbers_npz, tmp_path, graphs
):
  whole = make_experiment(dense, numbers_npz)
  experiments.train(whole, str(tmp_path / "whole"))
  experiments.train(replace(whole, max_steps=10), str(tmp_path / "parts"))
  experiments.train(whole, str(tmp_path / "parts"))
  _assert_same(tmp_path / "whole", tmp_path / "parts")
  started = replace(whole, max_steps=1, start_from=str(tmp_path / "whole"))
  experiments.train(started, str(tmp_path / "started"))
  assert len(graphs) == 4
  for name, value in _weights(tmp_path / "started").items():
    if name.startswith(("head/logits", "module/")) and "Adam" not in name:
      np.testing.assert_allclose(
        value, _weights(tmp_path / "whole")[name], atol=0.06
      )
