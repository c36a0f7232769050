"""From a handle to a verified local directory: resolving, fetching, cache, hosting."""

from hub_estimator.handles import (
  cache_repair,
  fetching,
  hosting,
  module_cache,
  module_files,
  packing,
)
from hub_estimator.handles.module_files import sha256
from hub_estimator.handles.resolving import Handles, ResolvedHandle, resolve

__all__ = [
  "Handles",
  "ResolvedHandle",
  "cache_repair",
  "fetching",
  "hosting",
  "module_cache",
  "module_files",
  "packing",
  "resolve",
  "sha256",
]
