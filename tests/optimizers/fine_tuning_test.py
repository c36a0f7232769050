import pytest

from hub_estimator import optimizers
from hub_estimator.errors import UserError


def test_a_multiplier_of_zero_names_the_way_to_freeze():
  with pytest.raises(UserError, match="module.trainable = False"):
    optimizers.FineTuning(module_rate_multiplier=0)


@pytest.mark.parametrize(
  "fields, why",
  [
    ({"rate_groups": [("(", 1.0)]}, "isn't a regex"),
    ({"rate_groups": [("a", -1.0)]}, "at least 0"),
    ({"clip_norm": 0.0}, "clip_norm is 0.0"),
    ({"layers": "top"}, r"write \['top'\]"),
    ({"layers": ["("]}, "isn't a regex"),
    ({"layer_decay": 0.9}, "need fine_tuning.layers"),
    (
      {"accumulate_batches": 0},
      "accumulate_batches is 0; it must be at least 1",
    ),
    ({"l2_sp": -1.0}, "l2_sp is -1.0"),
    ({"clip_value": -1.0}, "clip_value is -1.0"),
    ({"average_decay": 1.0}, "between 0 and 1"),
  ],
)
def test_impossible_fine_tuning_is_rejected(fields, why):
  with pytest.raises(UserError, match=why):
    optimizers.FineTuning(**fields)


@pytest.mark.parametrize(
  "name, pace",
  [
    ("module/top/kernel", (0.5, 10)),
    ("module/low/kernel", (0.5 * 0.5, 15)),
    ("module/low/bias", (0.0, 15)),
    ("module/other", (0.5, 10)),
  ],
)
def test_the_pace_of_a_variable_follows_its_layer_and_group(name, pace):
  fine_tuning = optimizers.FineTuning(
    module_rate_multiplier=0.5,
    rate_groups=[("low/bias", 0.0), ("bias", 3.0)],
    layers=("top", "low"),
    layer_decay=0.5,
    freeze_module_steps=10,
    unfreeze_every_steps=5,
  )
  assert fine_tuning.pace(name) == pace
