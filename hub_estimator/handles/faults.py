"""Errors of disks and HTTP servers, named so that a user can act on them."""

import contextlib
import errno
import os
import pathlib
import re
import ssl
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence

import requests
import urllib3

from hub_estimator.errors import UserError, one_line

# Too early, too many requests, and errors that a server may recover from.
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)
# A code of the Hugging Face Hub, such as RevisionNotFound.
_ERROR_CODE = re.compile(r"[A-Za-z]{1,40}")


class Refused(UserError):
  """A server refused, or sent a page in place of a file.

  Attributes:
    urls: of all redirects, in their order.
    page: the start of what came.
  """

  def __init__(self, message: str, urls: Sequence[str], page: str = "") -> None:
    super().__init__(message)
    self.urls = tuple(urls)
    self.page = page


class TemporaryFault(Exception):
  """An error that may be gone at the next attempt.

  Attributes:
    wait_secs: how long the server asks to wait; None if it doesn't say.
  """

  def __init__(self, why: str, wait_secs: float | None = None):
    super().__init__(why)
    self.wait_secs = wait_secs


def check_status(response: requests.Response, hints: Mapping[int, str]) -> None:
  """Raises an error unless the server sends the file, or a part of it.

  Args:
    response: of which only the header is read.
    hints: see `Access`.

  Raises:
    TemporaryFault: another attempt may succeed.
    Refused: the server refuses.
  """
  code = response.status_code
  if code in (200, 206):
    return
  if code == 416:
    raise TemporaryFault("the file has changed on the server")
  if code in _TEMPORARY:
    raise TemporaryFault(
      f"HTTP {code} {response.reason or ''}".rstrip(), _wait_secs(response)
    )
  message = f"{shown(response)}: HTTP {code} {response.reason or ''}".rstrip()
  said = response.headers.get("X-Error-Code", "")
  if _ERROR_CODE.fullmatch(said):
    message += f" ({said})"
  if response.history:
    message += f", redirected from {response.history[0].url}"
  raise Refused(message + hints.get(code, "") + ".", visited(response))


def shown(response: requests.Response) -> str:
  """Returns the URL of a response for messages.

  After a redirect, it is without the query, in which storage takes signatures.
  """
  if not response.history:
    return response.url
  parts = urllib.parse.urlsplit(response.url)
  return urllib.parse.urlunsplit(
    parts._replace(netloc=parts.netloc.rpartition("@")[2], query="")
  )


def visited(response: requests.Response) -> list[str]:
  """Returns the URLs of all redirects, in their order."""
  return [step.url for step in (*response.history, response)]


@contextlib.contextmanager
def named_faults(url: str, timeout_secs: float) -> Iterator[None]:
  """Turns errors of requests and urllib3 into the two that `download` knows.

  Raises:
    TemporaryFault: another attempt may succeed.
    UserError: no attempt will succeed.
  """
  try:
    yield
  except requests.exceptions.SSLError as error:
    raise UserError(f"{url}: TLS: {_innermost(error)}") from error
  except requests.exceptions.InvalidURL as error:
    raise UserError(f"{url}: {one_line(error)}") from error
  except requests.exceptions.TooManyRedirects as error:
    raise UserError(f"{url}: it redirects in a loop.") from error
  except (
    requests.exceptions.Timeout,
    urllib3.exceptions.TimeoutError,
  ) as error:
    raise TemporaryFault(f"no response for {timeout_secs:g} s") from error
  except (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
  ) as error:
    raise TemporaryFault(_innermost(error)) from error


def cant_write(source: str, path: pathlib.Path, error: OSError) -> UserError:
  """Returns an error that names the directory, and the space that is left.

  Args:
    source: the origin of the files, for the message.
    path: the directory that can't be written.
    error: what the system says.
  """
  why = error.strerror or str(error)
  if error.errno == errno.ENOSPC:
    free = os.statvfs(path)
    why += f", {free.f_bavail * free.f_frsize / 1e6:.1f} MB are free"
  return UserError(f"{source}: {path} can't be written: {why}.")


def _wait_secs(response: requests.Response) -> float | None:
  """Returns how long a server asks to wait."""
  stated = response.headers.get("Retry-After", "")
  if stated.isdigit():
    return float(stated)
  # The Hugging Face Hub: "api";r=0;t=55.
  limit = re.search(
    r";\s*r=0\s*;\s*t=(\d+)", response.headers.get("RateLimit", "")
  )
  return float(limit.group(1)) if limit else None


def _innermost(error: BaseException) -> str:
  """Returns the cause below the wrappers of urllib3 and requests, in one line."""
  while True:
    below = error.__cause__ or error.__context__
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
      below = reason
    if below is None or isinstance(error, ssl.SSLError):
      return one_line(getattr(error, "strerror", None) or str(error)) or (
        type(error).__name__
      )
    error = below
