"""The path of a handle: text -> address -> local directory -> verified module."""

import dataclasses
import os
import pathlib
import shutil

from hub_estimator.errors import UserError
from hub_estimator.handles import (
  archives,
  damage,
  file_kinds,
  module_cache,
  module_files,
  remote_modules,
)
from hub_estimator.handles.addresses import Address
from hub_estimator.handles.fingerprints import fingerprint, sha256_of_file
from hub_estimator.handles.local_modules import find_module
from hub_estimator.handles.settings import Handles


@dataclasses.dataclass(frozen=True)
class ResolvedHandle:
  """A module's directory.

  Attributes:
    handle: what the user wrote.
    path: an absolute local directory.
    fingerprint: sha256 of the module's files and their names, hex.
    is_tf1_module: whether it has the TF1 Hub format; otherwise it is a
      SavedModel.
  """

  handle: str
  path: str
  fingerprint: str
  is_tf1_module: bool


def resolve(
  handle: str, *, handles: Handles | None = None, refetch: bool = False
) -> ResolvedHandle:
  """Returns the directory of a module or SavedModel, fetched if necessary.

  Args:
    handle: a short name; a directory with a module, a directory of versions, a
      run's model_dir (its latest module), or a sweep's (its best); a local tar,
      plain or compressed; a `file://` URL; an http(s) URL of a module host or of
      an archive; a model on Kaggle, by `kaggle://` or its page's URL; a
      repository on the Hugging Face Hub, by `hf://`; a directory or an archive in
      any of TensorFlow's file systems, such as `gs://` or `s3://`. A remote handle
      or an archive may end in "#sha256=" and the checksum of the archive, or of the
      module where it comes as a directory. Remote modules are cached in the layout
      of `tensorflow_hub`, under `TFHUB_CACHE_DIR`.
    handles: None means the settings that gin binds.
    refetch: whether to fetch a remote module even if the cache has it.

  Raises:
    UserError: there is no module at the handle, it is damaged, or it can't be
      fetched.
  """
  if not isinstance(handle, str) or not handle:
    raise UserError(f"A module handle is a non-empty string, not {handle!r}.")
  handles = Handles() if handles is None else handles
  address = Address.of(handle, handles)
  if address.is_remote:
    entry = _fetch(handle, address, handles, refetch)
    # Fetching, or finding it in the cache, has checked it for damage.
    return _describe(handle, str(entry.path), entry.fingerprint)
  path = address.local_path
  if os.path.isfile(path) and path.endswith(archives.SUFFIXES):
    path = _unpack(path, address.sha256, handles)
  else:
    path = find_module(handle, path, names=handles.names)
  found = damage.find_damage(path)
  if found:
    if found == damage.NO_VARIABLES:
      found += ": copy the module's folder variables/, too"
    raise UserError(f"Module {handle!r} ({path}): {found}.")
  return _describe(handle, path)


def _fetch(
  handle: str, address: Address, handles: Handles, refetch: bool
) -> module_cache.Entry:
  """Returns the cache's entry of a remote module."""
  try:
    return remote_modules.fetch(address, handles, refetch=refetch)
  except UserError as error:
    raise UserError(f"Module {handle!r} can't be fetched: {error}") from error


def _unpack(path: str, sha256: str | None, handles: Handles) -> str:
  """Returns the cache's copy of the module in a local archive."""
  mistaken = file_kinds.mistaken(path)
  if mistaken is not None:
    raise UserError(f"{path} {mistaken}.")
  found = sha256_of_file(pathlib.Path(path), wanted=sha256, source=path)
  copy = module_cache.copy_path(found)
  if copy.is_dir():
    return str(copy)
  with module_cache.reserve(copy) as incoming:
    if not copy.is_dir():  # Another process may have unpacked it meanwhile.
      shutil.rmtree(incoming / "module", ignore_errors=True)
      module = archives.extract(
        pathlib.Path(path),
        incoming / "module",
        source=path,
        max_bytes=handles.limits().max_bytes,
      )
      problem = damage.find_damage(module, thorough=True)
      if problem:
        raise UserError(f"{path}: it holds no module: {problem}.")
      module_cache.place_copy(module, copy)
  return str(copy)


def _describe(
  handle: str, path: str, known_fingerprint: str | None = None
) -> ResolvedHandle:
  return ResolvedHandle(
    handle,
    path,
    known_fingerprint or fingerprint(path),
    os.path.isfile(os.path.join(path, module_files.MODULE)),
  )
