"""Modules: their descriptions, their placing in a graph, SavedModels as modules.

A run names a module with a `ModuleSource`. `read_module_info` describes it from its
files, and `place` puts it into the current graph.
"""

from hub_estimator.modules import custom_ops, inspecting, saved_models
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.new_modules import NewModule
from hub_estimator.modules.padding import (
  Mask,
  counts_tokens,
  known_mask,
  may_hold_padding,
)
from hub_estimator.modules.placing import (
  PlacedModule,
  drop_unfed_update_ops,
  place,
)
from hub_estimator.modules.random_outputs import random_outputs
from hub_estimator.modules.reading import describe_module, read_module_info
from hub_estimator.modules.signature_values import read_signature
from hub_estimator.modules.source import ModuleSource, check_export_name
from hub_estimator.modules.static_batches import apply_in_batches
from hub_estimator.modules.stored_variables import (
  has_own_weights,
  store_variables,
)
from hub_estimator.modules.tokenization import (
  Tokenization,
  is_sentencepiece,
  read_tokenization,
)
from hub_estimator.modules.variant_info import (
  SignatureInfo,
  TensorInfo,
  VariableInfo,
  VariantInfo,
)
from hub_estimator.modules.variants import (
  TRAIN_TAG,
  check_variants_agree,
  choose_tags,
  log_variant,
)

__all__ = [
  "TRAIN_TAG",
  "Mask",
  "ModuleInfo",
  "ModuleSource",
  "NewModule",
  "PlacedModule",
  "SignatureInfo",
  "TensorInfo",
  "Tokenization",
  "VariableInfo",
  "VariantInfo",
  "apply_in_batches",
  "check_export_name",
  "check_variants_agree",
  "choose_tags",
  "counts_tokens",
  "custom_ops",
  "describe_module",
  "drop_unfed_update_ops",
  "has_own_weights",
  "inspecting",
  "is_sentencepiece",
  "known_mask",
  "log_variant",
  "may_hold_padding",
  "place",
  "random_outputs",
  "read_module_info",
  "read_signature",
  "read_tokenization",
  "saved_models",
  "store_variables",
]
