import numpy as np
import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.inputs import Balance, Examples, Mix, Sample
from tests.inputs.rows import Rows
from tests.small_runs import make_experiment, replace


def test_a_mix_holds_every_example_of_every_input():
  read = Mix([Rows(0, 10), Rows(100, 5)]).read()
  assert read.features["x"][:].tolist() == [*range(10), *range(100, 105)]
  assert read.labels.tolist() == [1, 0] * 5 + [1, 0, 1, 0, 1]


def test_weights_repeat_small_inputs_and_lose_nothing():
  read = Mix([Rows(0, 10), Rows(100, 5)], [1, 3]).read()
  x = read.features["x"][:]
  assert ((x < 100).sum(), (x >= 100).sum()) == (10, 30)
  assert set(x.tolist()) == {*range(10), *range(100, 105)}


def test_inputs_with_other_features_are_refused():
  other = Examples({"y": np.arange(3)}, np.arange(3), "others")

  class Others:
    def read(self):
      return other

  with pytest.raises(
    UserError, match="inputs.mix: rows 0 has .* and others has"
  ):
    Mix([Rows(0, 3), Others()]).read()
  with pytest.raises(UserError, match="one number above 0 for each of the 1"):
    Mix([Rows(0, 3)], [1, 2])


@pytest.mark.slow
def test_a_run_resumes_to_the_same_bits_on_a_mixed_sample(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(dense, numbers_npz)
  source = experiment.train_input
  mixed = Balance(Mix([Sample(source, 20), Sample(source, 30, seed=2)], [1, 2]))
  experiment = replace(experiment, train_input=mixed)
  whole = runs.train(experiment, str(tmp_path / "whole"))
  runs.train(replace(experiment, max_steps=10), str(tmp_path / "halves"))
  halves = runs.train(experiment, str(tmp_path / "halves"))
  assert whole.metrics == halves.metrics
  assert whole.skipped_records == {"train": 0, "eval": 0}
