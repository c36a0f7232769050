"""Hosts a folder of modules with TF1 Hub's hosting protocol.

A request for `U?tf-hub-format=compressed`, where `U` is the path of a module below
the folder, gets a tar.gz whose root is the module's root. The server is for a
team's own network: it has no login and no TLS; put a web server in front of it if
you need these.
"""

import base64
import hashlib
import http.server
import os
import pathlib
import re
import shutil
import tempfile
import threading
import urllib.parse

from hub_estimator.errors import UserError
from hub_estimator.handles import module_files, packing

_ARCHIVES = (".tar.gz", ".tgz")
_RANGE = re.compile(r"bytes=(\d+)-$")


class ModuleServer(http.server.ThreadingHTTPServer):
  """Serves a folder until `shutdown`; answers several requests at once.

  Attributes:
    root: the folder.
    url: the URL of its root.
  """

  daemon_threads = True

  def __init__(self, directory: str, *, host: str, port: int):
    """Binds the port.

    Args:
      directory: holds modules, at any depth; modules added later are served too.
      host: the address to listen on.
      port: 0 chooses a free one.

    Raises:
      UserError: the directory doesn't exist, or the port is in use.
    """
    self.root = pathlib.Path(directory).expanduser().resolve()
    if not self.root.is_dir():
      raise UserError(f"There is no directory {directory!r}.")
    self._scratch = pathlib.Path(tempfile.mkdtemp(prefix="serve-modules-"))
    try:
      super().__init__((host, port), _Handler)
    except OSError as error:
      raise UserError(f"{host}:{port}: {error.strerror or error}.") from error
    shown = f"[{host}]" if ":" in host else host
    self.url = f"http://{shown}:{self.server_address[1]}/"
    self._lock = threading.Lock()
    self._locks: dict[str, threading.Lock] = {}

  def server_close(self) -> None:
    """Closes the socket, and removes the packed archives."""
    super().server_close()
    shutil.rmtree(self._scratch, ignore_errors=True)

  def modules(self) -> list[str]:
    """Returns the paths of all modules below the root, sorted."""
    return sorted(
      str(path.parent.relative_to(self.root))
      for path in self.root.rglob(module_files.SAVED_MODEL)
      if not any(
        part.startswith(".") for part in path.relative_to(self.root).parts
      )
    )

  def find(self, path: str) -> pathlib.Path | None:
    """Returns the module or archive at a path of a URL, or None."""
    found = self.root.joinpath(*pathlib.PurePosixPath(path).parts[1:])
    # Links inside the folder may lead out of it; paths must not.
    lexical = pathlib.Path(os.path.normpath(found))
    if not lexical.is_relative_to(self.root):
      return None
    if module_files.is_module(found):
      return found
    if found.name.endswith(_ARCHIVES) and found.is_file():
      return found
    archive = found.with_name(f"{found.name}.tar.gz")
    return archive if found.name and archive.is_file() else None

  def archive(self, found: pathlib.Path) -> tuple[pathlib.Path, bytes]:
    """Returns a module's archive and its sha256; each edition is packed once.

    Args:
      found: a module's directory, or an archive, which is served as it is.
    """
    if found.is_file():
      key, target = _state([found]), found
    else:
      key = _state(sorted(p for p in found.rglob("*") if p.is_file()))
      target = self._scratch / f"{key}.tar.gz"
    with self._lock:
      lock = self._locks.setdefault(key, threading.Lock())
    digest = self._scratch / f"{key}.sha256"
    with lock:
      if not target.exists():
        packing.pack(found, target)
      if not digest.exists():
        with target.open("rb") as file:
          digest.write_bytes(hashlib.file_digest(file, "sha256").digest())
    return target, digest.read_bytes()


def _state(files: list[pathlib.Path]) -> str:
  """Returns a digest that changes if a file does."""
  digest = hashlib.sha256()
  for file in files:
    stat = file.stat()
    digest.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
  return digest.hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
  """Answers GET and HEAD, also for a part of an archive."""

  server: ModuleServer
  server_version = "hub_estimator"
  timeout = 60  # Seconds that a client may be silent.

  def do_GET(self) -> None:
    self._answer(body=True)

  def do_HEAD(self) -> None:
    self._answer(body=False)

  def _answer(self, *, body: bool) -> None:
    parts = urllib.parse.urlsplit(self.path)
    path = urllib.parse.unquote(parts.path)
    form = dict(urllib.parse.parse_qsl(parts.query)).get("tf-hub-format")
    if path == "/":
      lines = "".join(f"{self.server.url}{m}\n" for m in self.server.modules())
      self._text(200, lines or "There are no modules here.\n", body)
      return
    found = self.server.find(path)
    if found is None:
      self._text(404, f"There is no module at {path}.\n", body)
    elif form not in (None, "compressed"):
      self._text(400, f"tf-hub-format is {form!r}, not 'compressed'.\n", body)
    elif form is None and not path.endswith(_ARCHIVES):
      handle = self.server.url.rstrip("/") + path
      self._text(200, f"A module: give {handle} as its handle.\n", body)
    else:
      self._archive(found, body)

  def _text(self, code: int, text: str, body: bool) -> None:
    content = text.encode()
    self.send_response(code)
    self.send_header("Content-Type", "text/plain; charset=utf-8")
    self.send_header("Content-Length", str(len(content)))
    self.end_headers()
    if body:
      self.wfile.write(content)

  def _archive(self, found: pathlib.Path, body: bool) -> None:
    archive, digest = self.server.archive(found)
    size = archive.stat().st_size
    tag = f'"{digest.hex()}"'
    first = self._first_byte(tag, size)
    if first is None:
      self.send_response(416)
      self.send_header("Content-Range", f"bytes */{size}")
      self.send_header("Content-Length", "0")
      self.end_headers()
      return
    self.send_response(206 if first else 200)
    if first:
      self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
    self.send_header("Content-Type", "application/gzip")
    self.send_header("Content-Length", str(size - first))
    self.send_header("Accept-Ranges", "bytes")
    self.send_header("ETag", tag)
    encoded = base64.b64encode(digest).decode()
    self.send_header("Repr-Digest", f"sha-256=:{encoded}:")
    self.end_headers()
    if body:
      with archive.open("rb") as file:
        file.seek(first)
        shutil.copyfileobj(file, self.wfile)

  def _first_byte(self, tag: str, size: int) -> int | None:
    """Returns the first byte to send; None if the file ends before it."""
    asked = _RANGE.match(self.headers.get("Range", ""))
    if not asked or self.headers.get("If-Range", tag) != tag:
      return 0
    first = int(asked.group(1))
    return first if first < size else None
