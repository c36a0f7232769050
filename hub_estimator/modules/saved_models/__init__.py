"""SavedModels as TF1 Hub modules: converted once, kept in the cache of modules."""

from hub_estimator.modules.saved_models.conversion import (
  convert,
  module_directory,
)

__all__ = [
  "convert",
  "module_directory",
]
