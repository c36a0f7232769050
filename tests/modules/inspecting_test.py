import json

import pytest
from hub_estimator.trainers import main as command

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config, testing
from hub_estimator.modules import inspecting
from hub_estimator.modules.module_info import read_module_info
from hub_estimator.tensorflow_runtime import hub, tf


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
def test_real_modules(shared_module, name, parameters, conforms):
  described = inspecting.describe(read_module_info(shared_module(name)))
  if parameters is not None:
    assert described["variants"][0]["parameters"] == parameters
  found = described["common_signatures"]
  assert {n for n, problems in found.items() if not problems} == conforms
  json.dumps(described)
  assert name in inspecting.to_text(described)


def test_a_departure_is_told(dense):
  found = inspecting.common_signatures(read_module_info(dense))
  assert found["text_embedding"] == [
    "it takes float32 [None, 4], not one string [None]"
  ]
  assert found["image_feature_vector"] == [
    "no signature 'image_feature_vector'"
  ]


@pytest.mark.parametrize("name", ["glove50_20k", "dm21_DM21"])
def test_the_run_config_builds_a_run(shared_module, name, tmp_path):
  info = read_module_info(shared_module(name))
  path = tmp_path / "run.gin"
  path.write_text(inspecting.to_gin(info))
  config.parse([str(path)])
  experiment = config.build("run")
  assert experiment.encoder.module.handle == info.handle
  signature = info.signature(experiment.encoder.module.signature)
  if experiment.encoder.adapter.inputs:
    assert set(experiment.encoder.adapter.inputs) == set(signature.inputs)


def test_the_verb_prints_each_form(text, capsys):
  assert command.main(["inspect", text]) == 0
  assert "signature 'tokens'" in capsys.readouterr().out
  assert command.main(["inspect", text, "--json"]) == 0
  assert json.loads(capsys.readouterr().out)["assets"] == ["tokens.txt"]
  assert command.main(["inspect", text, "--gin"]) == 0
  assert f"HANDLE = {text!r}" in capsys.readouterr().out
  assert command.main(["inspect", "/no/module"]) == 2
  assert "doesn't exist" in capsys.readouterr().err


def test_what_a_signature_without_inputs_tells_is_shown(tmp_path):
  info = read_module_info(testing.token_module(tmp_path / "tokens"))
  described = inspecting.describe(info)
  signatures = described["variants"][0]["signatures"]
  values = signatures["tokenization_info"]["values"]
  assert values["do_lower_case"] is True
  assert values["vocab_file"].endswith("tokens/assets/vocab.txt")
  assert signatures["tokens"]["values"] is None
  assert "do_lower_case: bool [] = True" in inspecting.to_text(described)
