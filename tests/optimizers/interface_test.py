"""A user's own optimizer needs only what the Protocol has."""

import gin
import numpy as np
import pytest

from hub_estimator import optimizers
from hub_estimator.tensorflow_runtime import tf
from tests.optimizers.steps import train_scalars


class Proximal:
  """An optimizer without a dataclass."""

  learning_rate = 0.5

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    return tf.train.ProximalGradientDescentOptimizer(learning_rate)


def test_an_optimizer_of_the_users_own_trains():
  values = train_scalars(Proximal(), optimizers.FineTuning(0.1), 2)
  np.testing.assert_allclose(values[:, 0], [0.95, 0.9], rtol=1e-6)
  np.testing.assert_allclose(values[:, 1], [0.5, 0.0], atol=1e-6)


def test_an_optimizer_of_the_users_own_is_not_known():
  mine = Proximal()
  assert not optimizers.is_known(mine)
  assert optimizers.without_rate(mine) is mine


@pytest.mark.parametrize(
  "name", ["adagrad", "adam", "adamw", "ftrl", "lars", "rmsprop", "sgd"]
)
def test_gin_and_python_share_the_names_of_optimizers(name):
  assert name in optimizers.__all__
  assert issubclass(
    gin.get_configurable(f"optimizers.{name}"), getattr(optimizers, name)
  )


@pytest.mark.parametrize(
  "name", ["constant", "cosine", "exponential", "piecewise", "polynomial"]
)
def test_gin_and_python_share_the_names_of_schedules(name):
  known = gin.get_configurable(f"schedules.{name}")
  assert known.__wrapped__ is getattr(optimizers.schedules, name)
