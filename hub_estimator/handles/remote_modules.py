"""Modules on servers and in buckets, fetched into the cache."""

import pathlib
import shutil

from hub_estimator.errors import UserError
from hub_estimator.handles import (
  archives,
  buckets,
  damage,
  downloading,
  module_cache,
)
from hub_estimator.handles.addresses import Address
from hub_estimator.handles.fingerprints import sha256_of_file
from hub_estimator.handles.settings import Handles, Limits


def fetch(
  address: Address, handles: Handles, *, refetch: bool = False
) -> module_cache.Entry:
  """Returns the cache's entry of a module, fetched unless it is there and sound.

  Args:
    address: of the module; it is remote.
    handles: whether servers may be contacted, and limits.
    refetch: whether to fetch the module even if the cache has it.

  Raises:
    UserError: the module can't be fetched, is damaged, or isn't in the cache
      while `handles.offline` is set.
  """
  wanted = address.sha256
  # The content of a remote directory may change: compare its listing if a server
  # may be contacted.
  if not address.is_archive and not handles.offline:
    wanted = buckets.sha256_of_listing(address.source)
  entry = module_cache.find(address.asked)
  if (not refetch or handles.offline) and module_cache.is_usable(entry, wanted):
    return entry
  if handles.offline:
    raise UserError(
      f"it isn't in the cache, {entry.path.parent}, or is damaged there, and "
      "handles.offline is set."
    )
  with module_cache.reserve(entry.path) as incoming:
    entry = module_cache.find(address.asked)
    # Another process may have fetched it while this one waited.
    if not refetch and module_cache.is_usable(entry, wanted):
      return entry
    module, sha256 = _get(address, incoming, wanted, handles.limits())
    problem = damage.find_damage(module, thorough=True)
    if problem:
      shutil.rmtree(incoming, ignore_errors=True)
      raise UserError(
        f"{address.source}: the download holds no sound module: {problem}."
      )
    return module_cache.place(
      module,
      address.asked,
      fetched_from=address.source,
      source_sha256=sha256,
    )


def _get(
  address: Address, incoming: pathlib.Path, wanted: str | None, limits: Limits
) -> tuple[pathlib.Path, str | None]:
  """Fills a directory; returns the module's root and its source's sha256."""
  target = incoming / "module"
  if not address.is_archive:
    buckets.copy_directory(address.source, target, limits=limits)
    return target, wanted
  archive = incoming / "archive"
  if address.is_on_the_web:
    sha256 = downloading.download(
      address.download_url, archive, limits=limits, sha256_wanted=wanted
    )
  else:
    buckets.copy_file(address.source, archive)
    sha256 = sha256_of_file(archive, wanted=wanted, source=address.source)
  shutil.rmtree(target, ignore_errors=True)
  try:
    root = archives.extract(
      archive, target, source=address.source, max_bytes=limits.max_bytes
    )
  finally:
    archive.unlink()
  return root, sha256
