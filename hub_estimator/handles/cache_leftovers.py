"""Files that interrupted downloads have left in the cache."""

import contextlib
import pathlib
import re
import shutil
import time

from hub_estimator.handles import module_cache

# From tensorflow_hub: a download without progress for this long is abandoned.
_ABANDONED_SECS = 600


def find_leftovers() -> list[pathlib.Path]:
  """Returns the paths that interrupted downloads have left.

  Those of `tensorflow_hub` count once nothing has changed in them for ten
  minutes, after which it considers them abandoned itself.
  """
  cache = module_cache.directory()
  if not cache.is_dir():
    return []
  found = [
    path
    for path in cache.iterdir()
    if re.fullmatch(r"[0-9a-f]{40}(\.[0-9a-f]+\.tmp|\.lock)", path.name)
    and time.time() - _last_change(path) > _ABANDONED_SECS
  ]
  for path in module_cache.incoming_directory().glob("*"):
    with (
      contextlib.suppress(BlockingIOError),
      module_cache.locked(path, wait=False),
    ):
      found.append(path)
  return sorted(found)


def remove_leftovers() -> list[pathlib.Path]:
  """Removes the leftovers of interrupted downloads, and returns their paths."""
  found = find_leftovers()
  for path in found:
    if path.is_dir():
      shutil.rmtree(path, ignore_errors=True)
    else:
      path.unlink(missing_ok=True)
  return found


def _last_change(path: pathlib.Path) -> float:
  times = [path.stat().st_mtime]
  if path.is_dir():
    for inner in path.rglob("*"):
      with contextlib.suppress(OSError):
        times.append(inner.stat().st_mtime)
  return max(times)
