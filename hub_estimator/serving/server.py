"""A server of a run's exported models."""

import importlib.util
import os
import socket
import threading

from hub_estimator.errors import UserError
from hub_estimator.serving.limits import Limits
from hub_estimator.serving.models import Models


class ModelServer:
  """Answers TensorFlow Serving's REST API for all exported models of a run.

  It serves the newest version of each, and takes up newer ones.

  Attributes:
    models: that are served.
    url: of the server, without a path.
  """

  def __init__(
    self,
    model_dir: str | os.PathLike[str],
    *,
    host: str = "127.0.0.1",
    port: int = 8501,
    limits: Limits | None = None,
  ) -> None:
    """Loads the models and binds the port.

    Args:
      model_dir: of the run.
      host: the address to listen on.
      port: 0 chooses a free one.
      limits: of each request; None takes the defaults.

    Raises:
      UserError: there is no exported model, the port is in use, or the extra `serve`
        isn't installed.
    """
    _check_installed()
    self._limits = limits or Limits()
    self._ended = threading.Event()
    self._socket = _listen(host, port)
    try:
      self.models = Models(model_dir)
    except UserError:
      self._socket.close()
      raise
    shown = f"[{host}]" if ":" in host else host
    self.url = f"http://{shown}:{self._socket.getsockname()[1]}"

  def serve(self) -> None:
    """Answers until SIGINT, SIGTERM or `stop`; running requests are finished."""
    from hub_estimator.serving.app import make_app
    from hub_estimator.serving.connections import run_app

    self.models.watch()
    try:
      run_app(
        make_app(self.models, self._limits),
        self._socket,
        read_s=self._limits.read_s,
        ended=self._ended,
      )
    finally:
      self._socket.close()
      self.models.stop()

  def stop(self) -> None:
    """Ends `serve`, from another thread."""
    self._ended.set()


def _check_installed() -> None:
  for package in ("starlette", "uvicorn"):
    if importlib.util.find_spec(package) is None:
      raise UserError(
        f"Serving needs {package}: pip install 'hub-estimator[serve]'."
      )


def _listen(host: str, port: int) -> socket.socket:
  family = socket.AF_INET6 if ":" in host else socket.AF_INET
  # asyncio sends answers without delay only if the protocol is named.
  listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
  try:
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(2048)
    return listening
  except (OSError, OverflowError) as error:
    listening.close()
    reason = getattr(error, "strerror", None) or error
    raise UserError(f"{host}:{port}: {reason}.") from error
