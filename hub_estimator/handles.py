"""Handle -> verified local directory, and the fingerprint of what it holds."""

import dataclasses
import hashlib
import os
import pathlib
import urllib.parse

from hub_estimator.errors import UserError, one_line
from hub_estimator.tensorflow_runtime import hub

_PROTO = "tfhub_module.pb"
_CHUNK_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class ResolvedHandle:
  """A module's directory.

  Attributes:
    handle: what the user wrote.
    path: an absolute local directory, or one of TensorFlow's file systems.
    fingerprint: sha256 of the module's files and their names, hex.
    is_tf1_module: whether it is in the TF1 Hub format; else a SavedModel.
  """

  handle: str
  path: str
  fingerprint: str
  is_tf1_module: bool


def resolve(handle: str) -> ResolvedHandle:
  """Returns the directory of a module or SavedModel, fetched if need be.

  Args:
    handle: a directory, a `file://` URL, an http(s) URL of a module host, or
      the URL of a tar.gz. URLs are cached by `tensorflow_hub` under
      `TFHUB_CACHE_DIR`.

  Raises:
    UserError: there is nothing at the handle, or it isn't a SavedModel either.
  """
  if not isinstance(handle, str) or not handle:
    raise UserError(f"A module handle is a non-empty string, not {handle!r}.")
  parsed = urllib.parse.urlsplit(handle)
  if parsed.scheme == "file":
    path = urllib.parse.unquote(parsed.path)
  elif parsed.scheme in ("http", "https", "gs", "s3"):
    try:
      path = hub.resolve(handle)
    except Exception as error:
      raise UserError(
        f"Module {handle!r} can't be fetched: {type(error).__name__}: "
        f"{one_line(error)}"
      ) from error
  else:
    path = os.path.expanduser(handle)
  path = os.path.abspath(os.fsdecode(path))
  _check_directory(handle, path)
  is_tf1_module = os.path.isfile(os.path.join(path, _PROTO))
  return ResolvedHandle(handle, path, fingerprint(path), is_tf1_module)


def fingerprint(path: str) -> str:
  """Returns the sha256, hex, of all files below `path` and of their names."""
  root = pathlib.Path(path)
  digest = hashlib.sha256()
  # `assets.extra` is what people attach to a module; nothing computes with it.
  files = sorted(
    (str(f.relative_to(root)), f)
    for top in (_PROTO, "saved_model.pb", "variables", "assets")
    for f in (
      [root / top] if (root / top).is_file() else (root / top).rglob("*")
    )
    if f.is_file()
  )
  for name, file in files:
    file_digest = hashlib.sha256()
    with file.open("rb") as stream:
      while chunk := stream.read(_CHUNK_BYTES):
        file_digest.update(chunk)
    digest.update(f"{name}\0{file_digest.hexdigest()}\n".encode())
  return digest.hexdigest()


def _check_directory(handle: str, path: str) -> None:
  where = "" if path == handle else f" ({path})"
  if not os.path.isdir(path):
    what = (
      "is a file, not a directory"
      if os.path.exists(path)
      else ("doesn't exist")
    )
    raise UserError(f"Module {handle!r}{where} {what}; {_beside(path)}")
  held = sorted(os.listdir(path))
  if "saved_model.pb" not in held:
    raise UserError(
      f"Module {handle!r}{where} holds no saved_model.pb; it holds: "
      f"{', '.join(held[:10]) or 'nothing'}."
    )


def _beside(path: str) -> str:
  parent = os.path.dirname(path)
  while not os.path.isdir(parent):
    parent = os.path.dirname(parent)
  held = sorted(os.listdir(parent))
  return f"{parent} holds: {', '.join(held[:10]) or 'nothing'}."
