import dataclasses

import numpy as np

from hub_estimator import features
from hub_estimator.features.network import Network
from hub_estimator.inputs import Examples
from hub_estimator.model.encoders import Encoder
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.preprocessing import adapters
from tests.features.small_outputs import compute, entries


def test_another_module_signature_or_example_has_another_key(
  dense, batch_norm, x, cache_dir
):
  compute(dense, x)
  compute(dense, x + 0)
  assert len(entries(cache_dir)) == 1
  compute(batch_norm, x)
  compute(batch_norm, x, signature="other")
  x[77, 2] += 1e-6
  compute(dense, x)
  compute(dense, x[:100])
  assert len(entries(cache_dir)) == 5


def test_strings_are_told_apart_by_their_borders(text, cache_dir):
  def outputs(*words):
    examples = Examples(
      {"sentence": np.array([w.encode() for w in words], object)}, None, "t"
    )
    encoder = Encoder(ModuleSource(text, trainable=False))
    infos = {"module": read_module_info(text)}
    return features.Outputs([examples], encoder, infos).examples()

  outputs("a good", "film")
  outputs("a goo", "dfilm")
  assert len(entries(cache_dir)) == 2


def test_fields_that_change_the_outputs_are_in_the_key(dense, x):
  encoder = Encoder(ModuleSource(dense, trainable=False))
  (application,) = encoder.applications()
  info = read_module_info(dense)
  examples = Examples({"x": x}, None, "test")

  def key(**adapter):
    changed = dataclasses.replace(
      application, adapter=adapters.Adapter(**adapter)
    )
    return Network(changed, info, examples).key_of(examples)

  assert key() == key()
  assert len({key(), key(pooling="max"), key(image_range=(-1.0, 1.0))}) == 3
