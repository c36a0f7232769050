import json

import pytest

from hub_estimator import testing
from hub_estimator.modules import NewModule, inspecting, read_module_info
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo


def test_numbers_are_those_of_the_instantiated_module(batch_norm):
  described = inspecting.describe(read_module_info(batch_norm))
  (default, train) = described["variants"]
  with tf.Graph().as_default():
    module = hub.Module(batch_norm, trainable=True, tags={"train"})
    parameters = sum(v.shape.num_elements() for v in module.variables)
    trainable = sum(v.shape.num_elements() for v in tf.trainable_variables())
  for variant in (default, train):
    assert variant["variables"] == 4
    assert variant["parameters"] == parameters
    assert variant["trainable_parameters"] == trainable
  assert (default["update_ops"], train["update_ops"]) == (0, 4)
  assert train["signatures"]["other"]["inputs"] == {
    "x": {"dtype": "float32", "shape": [None, 4], "kind": "dense"}
  }


@pytest.mark.parametrize(
  "name, parameters, conforms",
  [
    ("glove50_20k", 20001 * 50, {"text_embedding"}),
    ("enlite0_96_feature_vector", 3413024, {"image_feature_vector"}),
    ("half_plus_two_v1", 2, set()),
    ("dm21_DM21", None, set()),
  ],
)
def test_real_modules_are_described(shared_module, name, parameters, conforms):
  described = inspecting.describe(read_module_info(shared_module(name)))
  if parameters is not None:
    assert described["variants"][0]["parameters"] == parameters
  found = described["common_signatures"]
  assert {n for n, problems in found.items() if not problems} == conforms
  json.dumps(described)
  assert name in inspecting.to_text(described)


def test_values_of_a_signature_without_inputs_are_shown(tmp_path):
  info = read_module_info(testing.token_module(tmp_path / "tokens"))
  described = inspecting.describe(info)
  signatures = described["variants"][0]["signatures"]
  values = signatures["tokenization_info"]["values"]
  assert values["do_lower_case"] is True
  assert values["vocab_file"].endswith("tokens/assets/vocab.txt")
  assert signatures["tokens"]["values"] is None
  assert "do_lower_case: bool [] = True" in inspecting.to_text(described)


def test_outputs_that_draw_at_random_are_told_apart(tmp_path):
  info = read_module_info(module_zoo.vae(tmp_path / "vae"))
  described = inspecting.describe(info)
  (variant,) = described["variants"]
  assert variant["signatures"]["default"]["random_outputs"] == {
    "rawsample": ["RandomStandardNormal"],
    "reconstructions:x": ["RandomStandardNormal"],
  }
  text = inspecting.to_text(described)
  assert (
    "rawsample: float32 [None, 3] draws at random (RandomStandardNormal)"
    in text
  )
  assert "output stddev: float32 [None, 3]\n" in text


def test_a_new_module_is_described_without_files():
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    hub.add_signature(inputs={"x": x}, outputs=x)

  described = inspecting.describe(read_module_info(NewModule(module_fn)))
  assert (described["path"], described["bytes"]) == (None, 0)
  assert "signature 'default'" in inspecting.to_text(described)
