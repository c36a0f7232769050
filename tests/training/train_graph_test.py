"""The checked graph is the one that trains, with the numbers of Estimator itself."""

import functools

import numpy as np
import pytest

from hub_estimator import inputs, optimizers, runs
from hub_estimator.model import tops
from hub_estimator.optimizers import schedules
from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.training import ProcessCache
from tests.small_runs import make_regression, replace
from tests.training.seams import NoteGraphs

# Files of the room that these tests cover, beside their own.
COVERS = ("checked", "shared_graphs")


def _weights(directory) -> dict[str, np.ndarray]:
  reader = tf.train.load_checkpoint(str(directory))
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


def _curves(directory) -> dict[str, dict[int, float]]:
  """Returns the value at each step of each curve, but the speed's."""
  curves = {}
  (file,) = directory.glob("events.*")
  for event in tf.train.summary_iterator(str(file)):
    for value in event.summary.value:
      if value.HasField("simple_value") and "/sec" not in value.tag:
        curves.setdefault(value.tag, {})[event.step] = value.simple_value
  return curves


def _assert_same(one, other):
  a, b = _weights(one), _weights(other)
  assert a.keys() == b.keys()
  for name, value in a.items():
    np.testing.assert_array_equal(value, b[name], err_msg=name)


class _CountedTop(tops.Linear):
  """Notes, for each graph that it is built into, whether it is one of training."""

  built = []

  def build(self, features, *, units, training):
    self.built.append(training)
    return super().build(features, units=units, training=training)


@pytest.fixture
def training_graphs():
  """Returns a function that counts the graphs of training built so far."""
  _CountedTop.built.clear()
  return lambda: sum(_CountedTop.built)


def _make_experiment(*args, **changes):
  return make_regression(*args, top=_CountedTop(), **changes)


@pytest.mark.slow
def test_a_run_builds_it_once_and_takes_the_steps_of_estimators_own(
  batch_norm, numbers_npz, tmp_path, training_graphs
):
  experiment = _make_experiment(batch_norm, numbers_npz)
  runs.train(experiment, str(tmp_path / "ours"))
  assert training_graphs() == 1
  checked = runs.check(experiment)
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
  dense, numbers_npz, tmp_path, training_graphs
):
  cache, experiment = ProcessCache(), _make_experiment(dense, numbers_npz)
  for name in ("first", "second"):
    runs.train(experiment, str(tmp_path / name), cache=cache)
  assert training_graphs() == 1
  _assert_same(tmp_path / "first", tmp_path / "second")


@pytest.mark.slow
@pytest.mark.parametrize(
  "trainable, optimizer",
  [(False, optimizers.AdamW), (True, optimizers.Adam)],
)
def test_trials_that_differ_in_their_rate_share_it(
  batch_norm, numbers_npz, tmp_path, trained_runs, trainable, optimizer
):
  noted, cache = NoteGraphs(), ProcessCache()
  rates = [0.03, 0.001, 0.03]
  experiments = [
    make_regression(
      batch_norm,
      numbers_npz,
      module_trainable=trainable,
      optimizer=optimizer(rate),
      keep_checkpoints=2,
    )
    for rate in rates
  ]
  for number, experiment in enumerate(experiments):
    directory = str(tmp_path / f"shared_{number}")
    runs.train(experiment, directory, cache=cache, hooks=[noted])
  # All share one graph, and only the first training adds ops to it.
  assert all(graph is noted.graphs[0] for graph in noted.graphs)
  assert len(noted.n_ops) == 3
  assert len(set(noted.n_ops)) == 1
  for number, rate in enumerate(rates):
    shared = tmp_path / f"shared_{number}"
    alone = trained_runs.read_only(experiments[number]).model_dir
    _assert_same(shared, alone)
    # No training removes the checkpoints of another.
    state = tf.train.get_checkpoint_state(str(shared))
    assert len(state.all_model_checkpoint_paths) == 2
    assert all(
      map(tf.train.checkpoint_exists, state.all_model_checkpoint_paths)
    )
    assert _curves(shared) == _curves(alone)
    rates_told = _curves(shared)["learning_rate/head"].values()
    assert set(rates_told) == {float(np.float32(rate))}


@pytest.mark.slow
def test_a_run_of_another_seed_batch_or_optimizer_has_its_own(
  dense, numbers_npz, tmp_path, trained_runs
):
  cache = ProcessCache()
  experiment = make_regression(dense, numbers_npz, module_trainable=False)
  falling = functools.partial(schedules.polynomial, rate=0.05, decay_steps=30)
  start = trained_runs.read_only(experiment).model_dir
  changes = (
    {},
    {"seed": 2},
    {"batch_size": 8},
    {"optimizer": optimizers.Adam(0.05, beta1=0.8)},
    {"optimizer": optimizers.Adam(falling)},
    {"optimizer": optimizers.SGD(0.05)},
    {"keep_checkpoints": 1},
    {"start_from": str(start), "max_steps": 10},
    {"max_steps": 10},
  )
  for number, change in enumerate(changes):
    changed = replace(experiment, **change)
    runs.train(changed, str(tmp_path / str(number)), cache=cache)
    alone = trained_runs.read_only(changed).model_dir
    _assert_same(tmp_path / str(number), alone)


@pytest.mark.slow
def test_a_run_resumes_and_starts_in_it(
  dense, numbers_npz, tmp_path, training_graphs
):
  whole = _make_experiment(dense, numbers_npz)
  runs.train(whole, str(tmp_path / "whole"))
  runs.train(replace(whole, max_steps=10), str(tmp_path / "parts"))
  runs.train(whole, str(tmp_path / "parts"))
  _assert_same(tmp_path / "whole", tmp_path / "parts")
  started = replace(whole, max_steps=1, start_from=str(tmp_path / "whole"))
  runs.train(started, str(tmp_path / "started"))
  assert training_graphs() == 4
  for name, value in _weights(tmp_path / "started").items():
    if name.startswith(("head/logits", "module/")) and "Adam" not in name:
      np.testing.assert_allclose(
        value, _weights(tmp_path / "whole")[name], atol=0.06
      )
