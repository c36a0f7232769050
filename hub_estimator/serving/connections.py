"""Connections: uvicorn's, with an end for clients that send nothing, and for itself."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_GRACE_S = 30  # For running requests, once the server is asked to end.
_KEEP_ALIVE_S = 30  # Between two requests of a client.


def run_app(
  app: Any,
  listening: socket.socket,
  *,
  read_s: float,
  ended: threading.Event,
) -> None:
  """Runs an ASGI application until SIGINT, SIGTERM or an event.

  Args:
    app: the application.
    listening: the socket that it answers on.
    read_s: seconds in which a client must have sent the head of a request.
    ended: ends it.
  """

  class Connection(_Connection):
    head_s = read_s

  config = uvicorn.Config(
    app,
    http=Connection,
    ws="none",
    lifespan="off",
    log_config=None,
    access_log=False,
    server_header=False,
    timeout_keep_alive=_KEEP_ALIVE_S,
    timeout_graceful_shutdown=_GRACE_S,
  )
  _Server(config, ended).run(sockets=[listening])


class _Server(uvicorn.Server):
  """A server that ends by an event, too, and returns after a signal."""

  def __init__(self, config: uvicorn.Config, ended: threading.Event) -> None:
    super().__init__(config)
    self._ended = ended

  async def on_tick(self, counter: int) -> bool:
    return self._ended.is_set() or await super().on_tick(counter)

  @contextlib.contextmanager
  def capture_signals(self) -> Iterator[None]:
    """Ends the server by signals; uvicorn's own would raise them again."""
    if threading.current_thread() is not threading.main_thread():
      yield
      return
    handlers = {
      number: signal.signal(number, self.handle_exit)
      for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
      yield
    finally:
      for number, handler in handlers.items():
        signal.signal(number, handler)


class _Connection(H11Protocol):
  """A connection that is closed if the head of a request takes too long.

  uvicorn limits the time between two requests, but not that of a head.
  """

  head_s: float
  _deadline: asyncio.TimerHandle | None = None

  def connection_made(self, transport: Any) -> None:
    super().connection_made(transport)
    self._deadline = self.loop.call_later(self.head_s, self._close)

  def data_received(self, data: bytes) -> None:
    super().data_received(data)
    waits = self.cycle is None or self.cycle.response_complete
    if not waits:
      self._forget()
    elif self._deadline is None:
      self._deadline = self.loop.call_later(self.head_s, self._close)

  def connection_lost(self, exc: Exception | None) -> None:
    self._forget()
    super().connection_lost(exc)

  def _close(self) -> None:
    self._deadline = None
    self.transport.close()

  def _forget(self) -> None:
    if self._deadline is not None:
      self._deadline.cancel()
      self._deadline = None
