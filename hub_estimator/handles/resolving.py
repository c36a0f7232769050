"""Handle -> verified local directory, and the fingerprint of what it holds."""

import dataclasses
import hashlib
import logging
import os
import pathlib
import re
import shutil
import urllib.parse
from collections.abc import Mapping

import gin

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.handles import fetching, module_cache, module_files
from hub_estimator.model_dir import versions
from hub_estimator.tensorflow_runtime import tf

_LOG = logging.getLogger(__name__)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_DIGEST = re.compile(r"#sha256=([0-9a-fA-F]{64})$")
_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tar.xz")
_FORMAT = ("tf-hub-format", "compressed")


@gin.configurable("handles", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Handles:
  """What handles mean here, and how remote ones are fetched.

  Attributes:
    names: short names, {"glove": "/modules/glove50"}; a name's handle is of any
      kind but a name.
    mirrors: {prefix of a handle: what stands in its place}, such as
      {"https://tfhub.dev/": "https://mirror.example/tfhub/"}; also a directory
      or a bucket. The longest prefix counts. The cache keeps a module under the
      handle as it was asked for.
    offline: asks no server; what is in the cache is used.
    timeout_secs: for a connection, and for each piece of an answer.
    retries: after a fault that may pass.
    max_gib: of an archive, and of the files in it.
  """

  names: Mapping[str, str] = dataclasses.field(default_factory=dict)
  mirrors: Mapping[str, str] = dataclasses.field(default_factory=dict)
  offline: bool = False
  timeout_secs: float = 30.0
  retries: int = 5
  max_gib: float = 20.0

  def __post_init__(self):
    for field in ("names", "mirrors"):
      table = getattr(self, field)
      if not isinstance(table, Mapping) or not all(
        isinstance(text, str) and text
        for pair in table.items()
        for text in pair
      ):
        raise UserError(
          f"handles.{field} is {table!r}; it is a map from strings to strings."
        )

  def locate(self, handle: str) -> str:
    """Returns a handle with its name looked up and its prefix rewritten."""
    prefixes = [p for p in self.mirrors if handle.startswith(p)]
    if not prefixes:
      return handle
    longest = max(prefixes, key=len)
    return self.mirrors[longest] + handle[len(longest) :]

  def limits(self) -> fetching.Limits:
    return fetching.Limits(
      self.timeout_secs, self.retries, int(self.max_gib * 2**30)
    )


@dataclasses.dataclass(frozen=True)
class ResolvedHandle:
  """A module's directory.

  Attributes:
    handle: what the user wrote.
    path: an absolute local directory.
    fingerprint: sha256 of the module's files and their names, hex.
    is_tf1_module: whether it is in the TF1 Hub format; else a SavedModel.
  """

  handle: str
  path: str
  fingerprint: str
  is_tf1_module: bool


def resolve(
  handle: str, *, handles: Handles | None = None, anew: bool = False
) -> ResolvedHandle:
  """Returns the directory of a module or SavedModel, fetched if need be.

  Args:
    handle: a short name; a directory with a module, a directory of versions, a
      run's model_dir (its latest module), or a sweep's (its best); a local tar,
      plain or compressed; a `file://` URL; an http(s) URL of a module host or of
      an archive; a directory or an archive in any of TensorFlow's file systems,
      such as `gs://` or `s3://`. A remote one may end in "#sha256=" and the
      digest of its archive. Remote ones are cached as `tensorflow_hub` does it,
      under `TFHUB_CACHE_DIR`.
    handles: None means what is bound in gin.
    anew: fetch a remote one even if the cache has it.

  Raises:
    UserError: there is no module at the handle, it is damaged, or it can't be
      fetched.
  """
  if not isinstance(handle, str) or not handle:
    raise UserError(f"A module handle is a non-empty string, not {handle!r}.")
  handles = Handles() if handles is None else handles
  asked = handles.names.get(handle, handle)
  found = _DIGEST.search(asked)
  asked, digest = (
    (asked[: found.start()], found.group(1).lower()) if found else (asked, None)
  )
  source = handles.locate(asked)
  if (scheme := _scheme(source)) not in (None, "file"):
    try:
      entry = _fetch(asked, source, scheme, digest, handles, anew)
    except UserError as error:
      raise UserError(f"Module {handle!r} can't be fetched: {error}") from error
    return ResolvedHandle(
      handle,
      str(entry.path),
      entry.fingerprint or module_files.fingerprint(entry.path),
      (entry.path / module_files.MODULE).is_file(),
    )
  if scheme == "file":
    source = urllib.parse.unquote(urllib.parse.urlsplit(source).path)
  path = os.path.abspath(os.path.expanduser(source))
  if os.path.isfile(path) and path.endswith(_ARCHIVES):
    path = _unpack(path, digest, handles)
  else:
    path = _find_module(handle, path, handles)
  damage = module_files.find_damage(path)
  if damage:
    raise UserError(f"Module {handle!r} ({path}): {damage}.")
  return ResolvedHandle(
    handle,
    path,
    module_files.fingerprint(path),
    os.path.isfile(os.path.join(path, module_files.MODULE)),
  )


def _scheme(source: str) -> str | None:
  match = _URL.match(source)
  return match and match.group(1).lower()


# --- Remote ------------------------------------------------------------------


def _fetch(asked, source, scheme, digest, handles, anew) -> module_cache.Entry:
  web = scheme in ("http", "https")
  archive = web or source.endswith(_ARCHIVES)
  # What a remote directory holds may change; asked when there is a server to ask.
  if not archive and not handles.offline:
    digest = _listing(source)
  entry = module_cache.find(asked)
  if (not anew or handles.offline) and module_cache.is_usable(entry, digest):
    return entry
  if handles.offline:
    raise UserError(
      f"it isn't in the cache, {entry.path.parent}, or is damaged there, and "
      "handles.offline is set."
    )

  def fetch(incoming: pathlib.Path) -> module_cache.Fetched:
    if not archive:
      _copy_tree(source, incoming / "module", handles)
      return module_cache.Fetched(incoming / "module", digest)
    tar = incoming / "archive"
    sha256 = (
      fetching.download(
        _with_format(source), tar, limits=handles.limits(), sha256_wanted=digest
      )
      if web
      else _copy_file(source, tar, digest)
    )
    shutil.rmtree(incoming / "module", ignore_errors=True)
    try:
      root = fetching.extract(
        tar,
        incoming / "module",
        source=source,
        max_bytes=handles.limits().max_bytes,
      )
    finally:
      tar.unlink()
    return module_cache.Fetched(root, sha256)

  return module_cache.put(
    asked, fetch, fetched_from=source, anew=anew, source_sha256=digest
  )


def _with_format(url: str) -> str:
  """Returns the URL at which the hosting protocol serves the archive."""
  parts = urllib.parse.urlsplit(url)
  if parts.path.endswith(_ARCHIVES):
    return url
  query = [*urllib.parse.parse_qsl(parts.query), _FORMAT]
  return urllib.parse.urlunsplit(
    parts._replace(query=urllib.parse.urlencode(query))
  )


def _files(source: str):
  """Yields (path, path below `source`, its state) in TensorFlow's file system."""
  try:
    if not tf.io.gfile.stat(source).is_directory:
      raise UserError(f"{source}: it is no directory.")
    for folder, _, names in tf.io.gfile.walk(source):
      for name in sorted(names):
        path = f"{folder.rstrip('/')}/{name}"
        below = path.removeprefix(source.rstrip("/") + "/")
        yield path, below, tf.io.gfile.stat(path)
  except tf.errors.OpError as error:
    raise _cant_read(source, error) from error


def _cant_read(source: str, error: tf.errors.OpError) -> UserError:
  hint = (
    "; its file system comes with tensorflow-io: import it in the gin file"
    if isinstance(error, tf.errors.UnimplementedError)
    else ""
  )
  why = one_line(error.message) or type(error).__name__
  return UserError(f"{source}: {why}{hint}.")


def _listing(source: str) -> str:
  digest = hashlib.sha256()
  for _, below, stat in _files(source):
    digest.update(f"{below}\0{stat.length}\0{stat.mtime_nsec}\n".encode())
  return digest.hexdigest()


def _copy_tree(source: str, target: pathlib.Path, handles: Handles) -> None:
  _LOG.info("Copying %s", source)
  shutil.rmtree(target, ignore_errors=True)
  left = handles.limits().max_bytes
  for path, below, stat in _files(source):
    left -= stat.length
    if left < 0:
      raise UserError(
        f"{source}: larger than {handles.max_gib:g} GiB; see handles.max_gib."
      )
    copy = target / below
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
      tf.io.gfile.copy(path, str(copy), overwrite=True)
    except tf.errors.OpError as error:
      raise _cant_read(path, error) from error


def _copy_file(source: str, target: pathlib.Path, digest: str | None) -> str:
  _LOG.info("Copying %s", source)
  try:
    tf.io.gfile.copy(source, str(target), overwrite=True)
  except tf.errors.OpError as error:
    raise _cant_read(source, error) from error
  return _check_digest(source, target, digest)


def _check_digest(source: str, path: pathlib.Path, digest: str | None) -> str:
  with path.open("rb") as stream:
    found = module_files.sha256(stream)
  if digest not in (None, found):
    raise UserError(
      f"{source}: its sha256 is {found}, and the handle says {digest}."
    )
  return found


# --- Local -------------------------------------------------------------------


def _unpack(path: str, digest: str | None, handles: Handles) -> str:
  found = _check_digest(path, pathlib.Path(path), digest)

  def make(incoming: pathlib.Path) -> pathlib.Path:
    root = fetching.extract(
      pathlib.Path(path),
      incoming,
      source=path,
      max_bytes=handles.limits().max_bytes,
    )
    damage = module_files.find_damage(root, thorough=True)
    if damage:
      raise UserError(f"{path}: it holds no module: {damage}.")
    return root

  return module_cache.put_copy(found, make)


def _find_module(handle: str, path: str, handles: Handles) -> str:
  """Returns the module that a directory is, or that it has exported last."""
  where = "" if path == handle else f" ({path})"
  if not os.path.isdir(path):
    what = (
      f"is a file, and none of {', '.join(_ARCHIVES)}"
      if os.path.exists(path)
      else "doesn't exist"
    )
    named = (
      f" Of handles.names: {nearest(handle, handles.names)}"
      if handles.names
      else ""
    )
    raise UserError(f"Module {handle!r}{where} {what}; {_beside(path)}{named}")
  root = pathlib.Path(path)
  if not module_files.is_module(root):
    if (root / "export").is_dir():
      root /= "export"
    # Of a run's exports, or of a sweep, which has the best alone.
    kinds = (root / kind for kind in ("latest", "final", "best"))
    root = next((k for k in kinds if (k / "model").is_dir()), root)
  if not module_files.is_module(root) and (root / "model").is_dir():
    root = _newest_modules(handle, root)
  numbered = [p for p in root.iterdir() if p.name.isdigit() and p.is_dir()]
  if not module_files.is_module(root) and numbered:
    root = max(numbered, key=lambda p: int(p.name))
  if module_files.is_module(root):
    return str(root)
  # Export names may nest, a little.
  inside = sorted(
    p.parent
    for depth in ("*", "*/*", "*/*/*")
    for p in root.glob(f"{depth}/{module_files.MODULE}")
  )
  if len(inside) == 1:
    return str(inside[0])
  if inside:
    raise UserError(
      f"{handle!r} holds {len(inside)} modules; choose one: "
      f"{', '.join(str(p) for p in inside[:10])}."
    )
  held = sorted(os.listdir(path))
  raise UserError(
    f"Module {handle!r}{where} holds no {module_files.SAVED_MODEL}; it holds: "
    f"{', '.join(held[:10]) or 'nothing'}."
  )


def _newest_modules(handle: str, export: pathlib.Path) -> pathlib.Path:
  numbers = versions.numbers(export)
  modules = versions.find(export, numbers[-1]).modules if numbers else None
  if modules is None:
    raise UserError(f"{handle!r} has exported no module: see {export}.")
  return modules


def _beside(path: str) -> str:
  parent = os.path.dirname(path)
  while not os.path.isdir(parent):
    parent = os.path.dirname(parent)
  held = sorted(os.listdir(parent))
  return f"{parent} holds: {', '.join(held[:10]) or 'nothing'}."
