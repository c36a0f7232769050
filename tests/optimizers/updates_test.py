import numpy as np
import pytest

from hub_estimator import optimizers
from hub_estimator.errors import UserError
from tests.optimizers.steps import GRADIENTS, train_matrices, train_scalars

LAYERS = ("top", "mid", "low")


@pytest.mark.parametrize(
  "optimizer",
  [optimizers.SGD(0.1), optimizers.Adam(0.1), optimizers.RMSProp(0.1)],
)
def test_the_multiplier_scales_the_modules_steps(optimizer):
  values = train_scalars(
    optimizer, optimizers.FineTuning(module_rate_multiplier=0.1), 5
  )
  moved = 1 - values[:, :2]
  np.testing.assert_allclose(moved[:, 0], 0.1 * moved[:, 1], rtol=1e-3)


def test_a_multiplier_of_one_moves_module_and_head_alike():
  one = train_scalars(optimizers.Adam(0.1), optimizers.FineTuning(1.0), 5)
  np.testing.assert_array_equal(one[:, 0], one[:, 1])


@pytest.mark.parametrize(
  "optimizer", [optimizers.SGD(0.1), optimizers.Adam(0.1)]
)
def test_a_module_frozen_at_first_starts_with_fresh_slots(optimizer):
  values = train_scalars(
    optimizer,
    optimizers.FineTuning(module_rate_multiplier=1.0, freeze_module_steps=3),
    5,
  )
  np.testing.assert_array_equal(values[:3, 0], 1.0)
  np.testing.assert_allclose(values[3:, 0], values[:2, 1], rtol=1e-6)
  np.testing.assert_array_equal(values[:, 3], [1, 2, 3, 4, 5])


def test_layers_decay_from_the_head_down():
  got = train_matrices(
    optimizers.SGD(1.0),
    optimizers.FineTuning(0.5, layers=LAYERS, layer_decay=0.5),
    GRADIENTS[:1],
    names=("low", "mid", "top", "other"),
  )
  for value, rate in zip(got, (0.125, 0.25, 0.5, 0.5), strict=True):
    np.testing.assert_allclose(value, 1 - rate * GRADIENTS[0], rtol=1e-6)


def test_layers_unfreeze_one_after_the_other():
  got = train_matrices(
    optimizers.SGD(1.0),
    optimizers.FineTuning(
      1.0, layers=LAYERS, freeze_module_steps=1, unfreeze_every_steps=1
    ),
    GRADIENTS,
    names=("low", "mid", "top"),
  )
  for value, frozen_steps in zip(got, (3, 2, 1), strict=True):
    want = 1 - GRADIENTS[frozen_steps:].sum(axis=0)
    np.testing.assert_allclose(value, want, rtol=1e-5)


def test_a_layer_without_variables_is_rejected():
  with pytest.raises(
    UserError, match=r"layers has 'botom', which matches no trained .*: m\."
  ):
    train_matrices(
      optimizers.SGD(1.0),
      optimizers.FineTuning(1.0, layers=["botom"]),
      GRADIENTS,
    )


def test_clipping_cuts_values_and_then_scales_the_norm():
  (got,) = train_matrices(
    optimizers.SGD(1.0),
    optimizers.FineTuning(1.0, clip_value=0.5, clip_norm=0.3),
    GRADIENTS[:1],
  )
  cut = np.clip(GRADIENTS[0], -0.5, 0.5)
  cut *= min(1.0, 0.3 / np.linalg.norm(cut))
  np.testing.assert_allclose(got, 1 - cut, rtol=1e-5)


def test_groups_multiply_the_rate_and_zero_freezes():
  fine_tuning = optimizers.FineTuning(
    module_rate_multiplier=0.5, rate_groups=[("low", 0.0), ("mid", 0.1)]
  )
  got = train_matrices(
    optimizers.SGD(1.0),
    fine_tuning,
    GRADIENTS[:1],
    names=("low", "mid", "high"),
  )
  for value, rate in zip(got, (0.0, 0.05, 0.5), strict=True):
    np.testing.assert_allclose(value, 1 - rate * GRADIENTS[0], rtol=1e-6)
