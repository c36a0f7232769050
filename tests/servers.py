"""Module hosts on loopback: a good one, and one for each way to misbehave."""

import contextlib
import http.server
import pathlib
import socket
import threading
import time

from hub_estimator.handles import packing


class Host:
  """Serves one archive; how, is for the test to say.

  Attributes:
    archive: bytes of the file.
    behaviour: function of (request handler, number of this request from 1) that
      answers; it may call `handler.send_archive()`.
    requests: (path, Range header or None) of all requests so far.
    credentials: the Authorization header or None of all requests so far.
    headers: added to answers.
  """

  def __init__(self, archive: bytes):
    self.archive = archive
    self.behaviour = lambda handler, number: handler.send_archive()
    self.requests = []
    self.credentials = []
    self.headers = {"ETag": '"first"'}
    self.port = 0
    self.scheme = "http"

  def url(self, path: str = "/m/1") -> str:
    return f"{self.scheme}://127.0.0.1:{self.port}{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
  def do_GET(self):
    host = self.server.host
    host.requests.append((self.path, self.headers.get("Range")))
    host.credentials.append(self.headers.get("Authorization"))
    host.behaviour(self, len(host.requests))

  def send_archive(
    self,
    body: bytes | None = None,
    *,
    cut: int | None = None,
    stall_secs: float = 0,
  ):
    """Sends the archive, or what was asked of it.

    Args:
      body: sent in its place.
      cut: how many bytes are sent before the connection is closed.
      stall_secs: how long it waits before the second half.
    """
    host = self.server.host
    body = host.archive if body is None else body
    asked = self.headers.get("Range")
    tag = host.headers.get("ETag")
    if asked and self.headers.get("If-Range") == tag:
      first = int(asked.removeprefix("bytes=").removesuffix("-"))
      self.send_response(206)
      self.send_header(
        "Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}"
      )
      body = body[first:]
    else:
      self.send_response(200)
    self.send_header("Content-Length", str(len(body)))
    for name, value in host.headers.items():
      self.send_header(name, value)
    self.end_headers()
    if cut is not None:
      self.wfile.write(body[:cut])
      self.wfile.flush()
      self.connection.shutdown(socket.SHUT_RDWR)
      self.close_connection = True
      return
    half = len(body) // 2
    self.wfile.write(body[:half])
    self.wfile.flush()
    time.sleep(stall_secs)
    self.wfile.write(body[half:])

  def send(self, code: int, body: bytes = b"", **headers):
    self.send_response(code)
    self.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
      self.send_header(name.replace("_", "-"), value)
    self.end_headers()
    self.wfile.write(body)

  def log_message(self, *args):
    del args


class _Server(http.server.ThreadingHTTPServer):
  daemon_threads = True

  def handle_error(self, request, client_address):
    """A client that went away is what some tests are about."""


@contextlib.contextmanager
def hosting(module: str, tmp_path: pathlib.Path, *, tls=None):
  """Yields a `Host` of a module, on a port of its own.

  Args:
    module: its directory.
    tmp_path: where it is packed.
    tls: an `ssl.SSLContext` to serve with.
  """
  archive = packing.pack(pathlib.Path(module), tmp_path / "packed.tar.gz")
  host = Host(archive.read_bytes())
  server = _Server(("127.0.0.1", 0), _Handler)
  server.host = host
  host.port = server.server_address[1]
  if tls is not None:
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    host.scheme = "https"
  thread = threading.Thread(
    target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
  )
  thread.start()
  try:
    yield host
  finally:
    server.shutdown()
    server.server_close()
