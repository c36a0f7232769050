import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Balance, Sample
from tests.inputs.rows import Rows


def test_a_sample_has_its_size_and_depends_on_its_seed():
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
