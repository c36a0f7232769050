"""From features to module inputs: decode, resize, augment, tokenize, cast."""

from hub_estimator.preprocessing import adapters, augmentations, tokenizers
from hub_estimator.preprocessing.adapters import Adapter, build_module_inputs
from hub_estimator.preprocessing.interface import (
  Augmentation,
  Tokenizer,
  WordTokenizer,
)

__all__ = [
  "Adapter",
  "Augmentation",
  "Tokenizer",
  "WordTokenizer",
  "adapters",
  "augmentations",
  "build_module_inputs",
  "tokenizers",
]
