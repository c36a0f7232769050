import numpy as np
import pytest

from hub_estimator import optimizers
from tests.optimizers.steps import train_scalars


@pytest.mark.parametrize(
  "optimizer",
  [
    optimizers.SGD(0.1, momentum=0.9),
    optimizers.Adagrad(0.1),
    optimizers.FTRL(0.1),
  ],
)
def test_every_optimizer_goes_downhill(optimizer):
  values = train_scalars(optimizer, optimizers.FineTuning(), 3)
  assert (np.diff(values[:, :2], axis=0) < 0).all()
