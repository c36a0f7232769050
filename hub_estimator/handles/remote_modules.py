"""Modules on servers and in buckets, fetched into the cache."""

import pathlib
import shutil

from hub_estimator.errors import UserError
from hub_estimator.handles import damage, module_cache
from hub_estimator.handles.addresses import Address
from hub_estimator.handles.bucket_modules import BucketArchive, BucketDirectory
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.hf_modules import HfModule
from hub_estimator.handles.hf_names import HfName
from hub_estimator.handles.kaggle_modules import KaggleModule
from hub_estimator.handles.kaggle_names import KaggleName
from hub_estimator.handles.settings import Handles
from hub_estimator.handles.sources import Source
from hub_estimator.handles.web_modules import WebModule


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
  source = source_of(address)
  limits = handles.limits()
  pin = address.sha256
  edition = None
  if pin is None and not handles.offline:
    edition = source.find_edition(limits)

  def is_usable(entry: module_cache.Entry) -> bool:
    if source.is_archive:
      return module_cache.is_usable(entry, pin or edition)
    return pin in (None, entry.fingerprint) and module_cache.is_usable(
      entry, edition
    )

  entry = module_cache.find(address.asked)
  if (not refetch or handles.offline) and is_usable(entry):
    return entry
  if handles.offline:
    raise UserError(
      f"it isn't in the cache, {entry.path.parent}, or is damaged there, and "
      "handles.offline is set."
    )
  with module_cache.reserve(entry.path) as incoming:
    entry = module_cache.find(address.asked)
    # Another process may have fetched it while this one waited.
    if not refetch and is_usable(entry):
      return entry
    module, sha256 = source.get(incoming, sha256=pin, limits=limits)
    problem = _problem(module, None if source.is_archive else pin)
    if problem:
      shutil.rmtree(incoming, ignore_errors=True)
      raise UserError(f"{address.source}: {problem}.")
    return module_cache.place(
      module,
      address.asked,
      fetched_from=address.source,
      source_sha256=edition or sha256,
    )


def source_of(address: Address) -> Source:
  """Returns the place from which the module of a remote address is fetched.

  Raises:
    UserError: the address names no module.
  """
  if address.scheme == "hf":
    return HfModule(HfName.parse(address.source))
  name = KaggleName.parse(address.source)
  if name is not None:
    return KaggleModule(name)
  if address.is_on_the_web:
    return WebModule(address.source, address.download_url)
  if address.is_archive:
    return BucketArchive(address.source)
  return BucketDirectory(address.source)


def _problem(module: pathlib.Path, wanted: str | None) -> str | None:
  """Returns what is wrong with a fetched module, or None.

  Args:
    module: its directory.
    wanted: its fingerprint, hex, if the handle states it.
  """
  problem = damage.find_damage(module, thorough=True)
  if problem:
    return f"the download holds no sound module: {problem}"
  if wanted is not None and wanted != (found := fingerprint(module)):
    return f"its sha256 is {found}, and the handle says {wanted}"
  return None
