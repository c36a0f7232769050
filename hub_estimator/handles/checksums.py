"""Checks of a downloaded file: its checksums, and that it is an archive."""

import base64
import contextlib
import hashlib
import pathlib
import re
from collections.abc import Mapping

import requests

from hub_estimator.errors import UserError
from hub_estimator.handles.faults import (
  Refused,
  TemporaryFault,
  shown,
  visited,
)

# Of a web page, to find its title and where it leads.
_PAGE_BYTES = 1 << 16
# Header -> (pattern of a base64 checksum in it, algorithm).
_HEADERS = {
  "Repr-Digest": (r"sha-256=:([^:]+):", "sha256"),
  "x-amz-checksum-sha256": (r"([A-Za-z0-9+/=]{44})$", "sha256"),
  "x-goog-hash": (r"md5=([A-Za-z0-9+/=]+)", "md5"),
  "Content-MD5": (r"([A-Za-z0-9+/=]+)$", "md5"),
}


def check_is_no_web_page(
  path: pathlib.Path, response: requests.Response
) -> None:
  """Raises an error with the title if a server sent a web page.

  Hosts send one, with status 200, to ask for a login or to say that there is no
  such file.

  Raises:
    Refused: with the start of the page.
  """
  with path.open("rb") as file:
    page = file.read(_PAGE_BYTES)
  kind = response.headers.get("Content-Type", "")
  if page.lstrip()[:1] != b"<" or (
    "html" not in (kind + str(page[:512])).lower()
  ):
    return
  title = re.search(rb"<title[^>]*>([^<]*)", page, re.IGNORECASE)
  raise Refused(
    f"{shown(response)}: the server sent a web page, not an archive"
    + (f": {title.group(1).decode(errors='replace')!r}" if title else "")
    + ".",
    visited(response),
    page.decode(errors="replace"),
  )


def check_checksums(
  path: pathlib.Path,
  url: str,
  headers: Mapping[str, str],
  sha256_wanted: str | None,
) -> None:
  """Compares a file with all checksums that are known.

  Args:
    path: the complete file.
    url: its origin, for messages.
    headers: of the response; those with checksums are used.
    sha256_wanted: by the handle, hex; None if the handle doesn't state it.

  Raises:
    UserError: the file isn't the one that the handle states.
    TemporaryFault: the file isn't the one that the server sent.
  """
  if sha256_wanted:
    found = _digest(path, "sha256")
    if found != sha256_wanted.lower():
      raise UserError(
        f"{url}: its sha256 is {found}, and the handle says "
        f"{sha256_wanted.lower()}."
      )
  for name, algorithm, stated in _stated(headers):
    found = _digest(path, algorithm)
    if found != stated:
      raise TemporaryFault(
        f"its {algorithm} is {found}, and {name} says {stated}"
      )


def _stated(headers: Mapping[str, str]) -> list[tuple[str, str, str]]:
  """Returns (header, algorithm, hex) of each checksum of the whole file."""
  found = []
  for name, (pattern, algorithm) in _HEADERS.items():
    # In a partial response, Content-MD5 is the checksum of the part.
    if name == "Content-MD5" and "Content-Range" in headers:
      continue
    match = re.search(pattern, headers.get(name, ""))
    if match:
      with contextlib.suppress(ValueError):
        value = base64.b64decode(match.group(1), validate=True).hex()
        found.append((name, algorithm, value))
  return found


def _digest(path: pathlib.Path, algorithm: str) -> str:
  with path.open("rb") as file:
    return hashlib.file_digest(file, algorithm).hexdigest()
