"""From features to module inputs: decode, resize, augment, tokenize, cast."""

from hub_estimator.preprocessing import adapters, augmentations, tokenizers
from hub_estimator.preprocessing.adapters import Adapter, build_module_inputs

__all__ = [
  "Adapter",
  "adapters",
  "augmentations",
  "build_module_inputs",
  "tokenizers",
]
