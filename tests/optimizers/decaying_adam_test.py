import numpy as np

from hub_estimator import optimizers
from tests.optimizers.steps import GRADIENTS, train_matrices, train_scalars


def test_adamw_is_decoupled_as_in_the_paper():
  rate, decay, b1, b2, eps = 0.1, 0.2, 0.9, 0.999, 1e-8
  w, m, v = np.ones((2, 2)), 0.0, 0.0
  for t, g in enumerate(GRADIENTS, 1):
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    corrected = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
    w = w - corrected * m / (np.sqrt(v) + eps) - rate * decay * w
  (got,) = train_matrices(
    optimizers.AdamW(rate, decay), optimizers.FineTuning(1.0), GRADIENTS
  )
  np.testing.assert_allclose(got, w, rtol=1e-4)


def test_adamw_does_not_decay_biases():
  values = train_scalars(
    optimizers.AdamW(0.1, weight_decay=0.5), optimizers.FineTuning(1.0), 3
  )
  plain = train_scalars(optimizers.Adam(0.1), optimizers.FineTuning(1.0), 3)
  np.testing.assert_array_equal(values, plain)
