import numpy as np

from hub_estimator import optimizers
from tests.optimizers.steps import GRADIENTS, train_matrices, train_scalars


def test_lars_is_layerwise_as_in_the_paper():
  rate, momentum, decay, trust = 2.0, 0.9, 0.1, 0.02
  w, velocity = np.ones((2, 2)), 0.0
  for g in GRADIENTS:
    size = np.linalg.norm(w)
    ratio = trust * size / (np.linalg.norm(g) + decay * size)
    velocity = momentum * velocity + ratio * (g + decay * w)
    w = w - rate * velocity
  (got,) = train_matrices(
    optimizers.LARS(rate, momentum, decay, trust),
    optimizers.FineTuning(1.0),
    GRADIENTS,
  )
  np.testing.assert_allclose(got, w, rtol=1e-5)


def test_lars_moves_biases_as_momentum_does():
  values = train_scalars(optimizers.LARS(0.1), optimizers.FineTuning(1.0), 3)
  plain = train_scalars(optimizers.SGD(0.1, 0.9), optimizers.FineTuning(1.0), 3)
  np.testing.assert_array_equal(values, plain)
