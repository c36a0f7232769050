import dataclasses

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Balance, Examples, Mix, Sample
from hub_estimator.runs import experiment as experiments
from tests.small_runs import make_experiment, replace


@dataclasses.dataclass(frozen=True)
class Rows:
  """Examples first, first + 1, …; label 1 for one in `one_in`."""

  first: int
  count: int
  one_in: int = 2

  def read(self):
    x = np.arange(self.first, self.first + self.count)
    return Examples(
      {"x": x}, (x % self.one_in == 0).astype(np.int64), f"rows {self.first}"
    )


def test_a_sample_is_of_a_size_and_of_a_seed():
  def sample(seed):
    return Sample(Rows(0, 100), 10, seed).read().features["x"][:].tolist()

  assert sample(1) == sample(1) != sample(2)
  assert len(set(sample(1))) == 10
  read = Sample(Rows(0, 100), 10).read()
  assert (read.labels == (read.features["x"][:] % 2 == 0)).all()


def test_a_sample_larger_than_the_data_is_refused():
  with pytest.raises(UserError, match="is 11, and rows 0 has 10"):
    Sample(Rows(0, 10), 11).read()


def test_balanced_classes_come_as_often_and_lose_no_example():
  read = Balance(Rows(0, 30, one_in=10)).read()
  assert np.bincount(read.labels).tolist() == [27, 27]
  assert set(read.features["x"][:].tolist()) == set(range(30))
  assert (read.labels == (read.features["x"][:] % 10 == 0)).all()


def test_a_mix_has_all_of_all():
  read = Mix([Rows(0, 10), Rows(100, 5)]).read()
  assert read.features["x"][:].tolist() == [*range(10), *range(100, 105)]
  assert read.labels.tolist() == [1, 0] * 5 + [1, 0, 1, 0, 1]


def test_weights_repeat_the_small_and_lose_nothing():
  read = Mix([Rows(0, 10), Rows(100, 5)], [1, 3]).read()
  x = read.features["x"][:]
  assert ((x < 100).sum(), (x >= 100).sum()) == (10, 30)
  assert set(x.tolist()) == {*range(10), *range(100, 105)}


def test_inputs_of_other_features_are_refused():
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
  whole = experiments.train(experiment, str(tmp_path / "whole"))
  experiments.train(replace(experiment, max_steps=10), str(tmp_path / "halves"))
  halves = experiments.train(experiment, str(tmp_path / "halves"))
  assert whole.metrics == halves.metrics
  assert whole.skipped_records == {"train": 0, "eval": 0}
