"""From a handle to a verified local directory, and from a directory to a URL.

`resolving.py` has the whole path of a handle: its address (`addresses.py`), then a
fetch into the cache (`remote_modules.py`, `module_cache.py`) from its source
(`sources.py`: web servers, Kaggle, the Hugging Face Hub, buckets) or a search of local
directories (`local_modules.py`), then the checks (`damage.py`, `fingerprints.py`).
The way back is `packing.py` and `hosting.py`.
"""

from hub_estimator.handles import (
  cache_repair,
  module_cache,
  module_files,
  packing,
)
from hub_estimator.handles.cache_leftovers import remove_leftovers
from hub_estimator.handles.fingerprints import fingerprint, sha256
from hub_estimator.handles.hosting import ModuleServer
from hub_estimator.handles.resolving import ResolvedHandle, resolve
from hub_estimator.handles.settings import Handles

__all__ = [
  "Handles",
  "ModuleServer",
  "ResolvedHandle",
  "cache_repair",
  "fingerprint",
  "module_cache",
  "module_files",
  "packing",
  "remove_leftovers",
  "resolve",
  "sha256",
]
