"""Adapters: features -> module inputs; module outputs -> head input."""

from hub_estimator.preprocessing.adapters import pixels
from hub_estimator.preprocessing.adapters.adapter import Adapter
from hub_estimator.preprocessing.adapters.head_input import build_head_input
from hub_estimator.preprocessing.adapters.images import decode_images
from hub_estimator.preprocessing.adapters.masks import (
  Mask,
  build_mask,
  find_mask,
  find_token_mask,
)
from hub_estimator.preprocessing.adapters.matching import (
  image_features,
  image_sizes,
  match_features,
)
from hub_estimator.preprocessing.adapters.module_inputs import (
  build_module_inputs,
)
from hub_estimator.preprocessing.adapters.sequences import (
  Sequence,
  find_sequences,
)

__all__ = [
  "Adapter",
  "Mask",
  "Sequence",
  "build_head_input",
  "build_mask",
  "build_module_inputs",
  "decode_images",
  "find_mask",
  "find_sequences",
  "find_token_mask",
  "image_features",
  "image_sizes",
  "match_features",
  "pixels",
]
