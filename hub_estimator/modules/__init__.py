"""What a module offers, and placing it in a graph; SavedModels as modules."""

from hub_estimator.modules import inspecting, saved_models
from hub_estimator.modules.module_info import (
  ModuleInfo,
  SignatureInfo,
  TensorInfo,
  VariantInfo,
  read_module_info,
)
from hub_estimator.modules.new_modules import NewModule
from hub_estimator.modules.placing import (
  ModuleSource,
  PlacedModule,
  check_export_name,
  check_variants_agree,
  choose_tags,
  has_own_weights,
  log_variant,
  place,
  read_signature,
  store_variables,
)

__all__ = [
  "ModuleInfo",
  "ModuleSource",
  "NewModule",
  "PlacedModule",
  "SignatureInfo",
  "TensorInfo",
  "VariantInfo",
  "has_own_weights",
  "store_variables",
  "check_export_name",
  "check_variants_agree",
  "choose_tags",
  "inspecting",
  "log_variant",
  "place",
  "read_module_info",
  "read_signature",
  "saved_models",
]
