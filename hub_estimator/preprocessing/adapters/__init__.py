"""Adapters: features -> module inputs; module outputs -> head input."""

from hub_estimator.preprocessing.adapters import pixels
from hub_estimator.preprocessing.adapters.adapter import Adapter
from hub_estimator.preprocessing.adapters.head_input import build_head_input
from hub_estimator.preprocessing.adapters.images import decode_images
from hub_estimator.preprocessing.adapters.matching import (
  image_features,
  image_sizes,
  match_features,
)
from hub_estimator.preprocessing.adapters.module_inputs import (
  build_module_inputs,
)

__all__ = [
  "Adapter",
  "build_head_input",
  "build_module_inputs",
  "decode_images",
  "image_features",
  "image_sizes",
  "match_features",
  "pixels",
]
