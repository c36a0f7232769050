"""Modules on the Hugging Face Hub, with the credentials of `huggingface_hub`.

Of a repository, only the files of the module are fetched. Each is compared with the
digest that the Hub states, whether it arrives at once or in several attempts.
"""

import dataclasses
import hashlib
import os
import pathlib
import shutil
import urllib.parse
from collections.abc import Iterable
from typing import Any

from hub_estimator.errors import UserError, one_line
from hub_estimator.handles import downloading
from hub_estimator.handles.access import Access, BearerToken
from hub_estimator.handles.archives import SUFFIXES
from hub_estimator.handles.hf_names import HfName
from hub_estimator.handles.module_files import SAVED_MODEL
from hub_estimator.handles.retrying import ask
from hub_estimator.handles.settings import Limits

_FOLDERS = ("variables", "assets", "assets.extra")
_LOGIN = "'hf auth login' or HF_TOKEN gives them"


@dataclasses.dataclass(frozen=True)
class HfModule:
  """A module in a repository.

  Attributes:
    name: of the folder that holds it.
  """

  name: HfName
  is_archive = False

  def find_edition(self, limits: Limits) -> str | None:
    """Returns a digest of the commit; None if the name states a commit."""
    if self.name.is_pinned:
      return None
    commit, _ = _list(self.name, _Hub.of(self.name), limits)
    return hashlib.sha256(f"{self.name} {commit}".encode()).hexdigest()

  def get(
    self, incoming: pathlib.Path, *, sha256: str | None, limits: Limits
  ) -> tuple[pathlib.Path, str | None]:
    """Downloads the module's files, except those that an earlier attempt left."""
    del sha256
    hub = _Hub.of(self.name)
    commit, files = _list(self.name, hub, limits)
    _check_size(self.name, files, limits)
    for leftover in incoming.glob("commit-*"):
      if leftover.name != f"commit-{commit}":
        shutil.rmtree(leftover, ignore_errors=True)
    module = incoming / f"commit-{commit}"
    for file in files:
      target = module / file.below
      if not (target.exists() and file.is_intact(target)):
        part = incoming / "part"
        url = hub.url(f"{self.name.repository}/resolve/{commit}/{file.path}")
        downloading.download(url, part, limits=limits, access=hub.access)
        if not file.is_intact(part):
          part.unlink()
          raise UserError(
            f"{url}: its content isn't what the repository states: "
            f"{file.algorithm} {file.digest}."
          )
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, target)
    return module, None


@dataclasses.dataclass(frozen=True)
class _Hub:
  """The Hub, as the user's settings reach it."""

  endpoint: str
  access: Access

  @classmethod
  def of(cls, name: HfName) -> "_Hub":
    try:
      import huggingface_hub
      from huggingface_hub import constants
    except ImportError as error:
      raise UserError(
        "Modules on the Hugging Face Hub need huggingface_hub: pip install "
        "'hub-estimator[hf]'."
      ) from error
    try:
      token = huggingface_hub.get_token()
    except (
      Exception
    ) as error:  # Logins by OAuth and OIDC have classes of errors.
      raise UserError(
        f"Credentials for the Hugging Face Hub: {one_line(error)}."
      ) from error
    page = f"{constants.ENDPOINT}/{name.repository}"
    none = f"there are no credentials: {_LOGIN}"
    hints = {
      401: "; there is no such repository, or "
      + ("the Hub doesn't accept the credentials" if token else none),
      403: f"; accept its terms at {page}" + ("" if token else f"; {none}"),
      404: f"; {page} shows what exists"
      + ("" if token else f"; for a private repository, {none}"),
    }
    auth = BearerToken(token) if token else None
    return cls(constants.ENDPOINT, Access(auth, hints))

  def url(self, path: str) -> str:
    return f"{self.endpoint}/{urllib.parse.quote(path)}"


@dataclasses.dataclass(frozen=True)
class _File:
  """A file of a module, and what the Hub states of it."""

  path: str  # In the repository.
  below: str  # In the module.
  size: int
  algorithm: str
  digest: str

  def is_intact(self, copy: pathlib.Path) -> bool:
    """Returns whether a local file is this one."""
    if copy.stat().st_size != self.size:
      return False
    # Git's digest of a file starts with this header; that of Git LFS has none.
    digest = hashlib.new(self.algorithm, usedforsecurity=False)
    if self.algorithm == "sha1":
      digest.update(f"blob {self.size}\0".encode())
    with copy.open("rb") as stream:
      while chunk := stream.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest() == self.digest


def _list(name: HfName, hub: _Hub, limits: Limits) -> tuple[str, list[_File]]:
  """Returns the commit of a revision, and the module's files in it."""
  revision = urllib.parse.quote(name.revision, safe="")
  url = f"{hub.url(f'api/models/{name.repository}')}/revision/{revision}"
  answer = ask(f"{url}?blobs=true", limits=limits, access=hub.access)
  try:
    commit = str(answer["sha"])
    stated = {str(file["rfilename"]): file for file in answer["siblings"]}
    files = [
      _file(path, below, stated[path])
      for path in sorted(stated)
      if (below := _below(path, name.folder)) and _is_of_module(below)
    ]
  except (KeyError, TypeError, ValueError) as error:
    raise UserError(
      f"{url}: the answer doesn't list files: {one_line(repr(error))}."
    ) from error
  if not dataclasses.replace(name, revision=commit).is_pinned:
    raise UserError(f"{url}: the answer's sha, {commit!r}, is no commit.")
  if not any(file.below == SAVED_MODEL for file in files):
    raise UserError(
      f"{name} holds no {SAVED_MODEL}; {_what_it_holds(name, stated)}"
      + _archive_hint(name, hub, stated)
    )
  return commit, files


def _file(path: str, below: str, stated: dict[str, Any]) -> _File:
  lfs = stated.get("lfs")
  if lfs:
    return _File(path, below, int(lfs["size"]), "sha256", str(lfs["sha256"]))
  return _File(path, below, int(stated["size"]), "sha1", str(stated["blobId"]))


def _below(path: str, folder: str) -> str | None:
  """Returns the path of a file below a folder; None if it is elsewhere."""
  pure = pathlib.PurePosixPath(path)
  if (
    pure.is_absolute() or ".." in pure.parts or not pure.is_relative_to(folder)
  ):
    return None
  return str(pure.relative_to(folder))


def _is_of_module(below: str) -> bool:
  top, *rest = below.split("/")
  return top in _FOLDERS if rest else top.endswith(".pb")


def _what_it_holds(name: HfName, paths: dict[str, Any]) -> str:
  """Returns what a folder without a module holds, as the end of a message."""
  modules = [
    p.removesuffix(f"/{SAVED_MODEL}")
    for p in sorted(paths)
    if p.endswith(f"/{SAVED_MODEL}")
  ]
  if modules:
    return f"the repository has modules in: {', '.join(modules[:10])}."
  held = {
    below.split("/")[0] for p in paths if (below := _below(p, name.folder))
  }
  return f"it holds: {', '.join(sorted(held)[:10]) or 'nothing'}."


def _archive_hint(name: HfName, hub: _Hub, paths: Iterable[str]) -> str:
  archives = sorted(path for path in paths if path.endswith(SUFFIXES))
  if not archives:
    return ""
  revision = urllib.parse.quote(name.revision, safe="")
  url = hub.url(f"{name.repository}/resolve/{revision}/")
  return f" Give an archive by its URL: {url}{archives[0]}."


def _check_size(name: HfName, files: list[_File], limits: Limits) -> None:
  if sum(file.size for file in files) > limits.max_bytes:
    raise UserError(
      f"{name}: larger than {limits.max_bytes / 2**30:g} GiB; see "
      "handles.max_gib."
    )
