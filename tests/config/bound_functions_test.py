"""Functions that a config passes uncalled keep the bindings of that config."""

import dataclasses

import gin
import pytest

from hub_estimator import config, optimizers, runs, training
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment

_GIN = """
RATE = 0.5
optimizers.adam.learning_rate = @{scope}schedules.constant
{scope}schedules.constant.rate = {rate}
"""


@gin.register("holder", module="bound_functions_test")
@dataclasses.dataclass(frozen=True)
class _Holder:
  values: object


def _adam(tmp_path, rate, scope=""):
  path = tmp_path / "adam.gin"
  path.write_text(_GIN.format(rate=rate, scope=scope))
  config.parse([str(path)])
  return config.build("optimizers.adam")


def _rate(adam):
  with tf.Graph().as_default(), tf.Session() as session:
    return float(session.run(adam.learning_rate(tf.constant(0, tf.int64))))


@pytest.mark.parametrize("scope", ["", "a/"])
def test_a_schedule_keeps_its_bindings_when_another_config_is_parsed(
  tmp_path, scope
):
  first = _adam(tmp_path, 0.25, scope)
  second = _adam(tmp_path, "%RATE", scope)
  config.clear()
  assert (_rate(first), _rate(second)) == (0.25, 0.5)
  assert first.learning_rate.keywords == {"rate": 0.25}
  assert second.learning_rate.keywords == {"rate": 0.5}


@pytest.mark.parametrize("scope", ["", "a/"])
def test_schedules_are_equal_only_if_their_bindings_are(tmp_path, scope):
  first = _adam(tmp_path, 0.25, scope)
  assert first == _adam(tmp_path, 0.25, scope)
  assert hash(first) == hash(_adam(tmp_path, 0.25, scope))
  assert first != _adam(tmp_path, 0.75, scope)
  assert first != optimizers.Adam(optimizers.schedules.constant)


def test_a_macro_counts_by_its_value(tmp_path):
  path = tmp_path / "adam.gin"
  path.write_text(_GIN.format(rate="%RATE", scope=""))
  found = []
  for rate in (0.5, 0.5, 0.125):
    config.parse([str(path)], [f"RATE = {rate}"])
    found.append(config.build("optimizers.adam"))
  assert found[0] == found[1] != found[2]


def test_functions_in_lists_and_dicts_are_bound(tmp_path):
  path = tmp_path / "holder.gin"
  path.write_text(
    "holder.values = [{'a': @schedules.constant}, 3]\n"
    "schedules.constant.rate = 2.0\n"
  )
  config.parse([str(path)])
  held = config.build("holder").values
  assert held[0]["a"].keywords == {"rate": 2.0}
  assert held[1] == 3


def test_what_was_used_is_still_in_the_operative_config(tmp_path):
  adam = _adam(tmp_path, 0.25)
  _rate(adam)
  assert "schedules.constant.rate = 0.25" in config.operative_text()


@pytest.mark.slow
def test_runs_of_one_process_train_with_a_schedule_each(
  dense, numbers_npz, tmp_path
):
  cache, kernels = training.ProcessCache(), []
  for number, rate in enumerate((0.25, 0.0)):
    experiment = make_experiment(
      dense, numbers_npz, optimizer=_adam(tmp_path, rate), max_steps=5
    )
    directory = str(tmp_path / str(number))
    runs.train(experiment, directory, cache=cache)
    reader = tf.train.load_checkpoint(directory)
    kernels.append(abs(reader.get_tensor("head/logits/bias")).max())
  assert kernels[0] > 0.1
  # Nothing moves at a rate of 0; the graph of the first run would move it.
  assert kernels[1] == 0
