"""Downloads a file from an http(s) server, whole or not at all."""

import logging
import os
import pathlib
import re
import time
from collections.abc import Callable

import requests

from hub_estimator import progress
from hub_estimator.errors import UserError
from hub_estimator.handles import checksums, fingerprints
from hub_estimator.handles.access import Access
from hub_estimator.handles.faults import (
  TemporaryFault,
  cant_write,
  check_status,
  named_faults,
  shown,
)
from hub_estimator.handles.partial_file import PartialFile
from hub_estimator.handles.retrying import with_retries
from hub_estimator.handles.settings import Limits

_LOG = logging.getLogger(__name__)
_CHUNK_BYTES = 1 << 20
_OPEN = Access()


def download(
  url: str,
  target: pathlib.Path,
  *,
  limits: Limits,
  access: Access = _OPEN,
  sha256_wanted: str | None = None,
  sleep: Callable[[float], None] = time.sleep,
) -> str:
  """Downloads a file, or the rest of it, and returns its sha256, hex.

  If an earlier attempt has left a part in `target`, the download resumes from
  there, provided that the server still has the same edition. Checksums that the
  server sends are compared (Repr-Digest, x-goog-hash, x-amz-checksum-sha256,
  Content-MD5).

  Args:
    url: http or https.
    target: the file; its state is kept beside it, as `.json`.
    limits: on time, attempts and size.
    access: credentials, and what refusals mean.
    sha256_wanted: hex, if it is known.
    sleep: waits between attempts, in seconds.

  Raises:
    UserError: with the URL and the cause.
  """
  start = time.monotonic()
  _LOG.info("Fetching %s", url)
  file = PartialFile(target, url)
  try:
    with_retries(
      url,
      lambda: _attempt(file, limits, access, sha256_wanted),
      limits=limits,
      sleep=sleep,
    )
  except OSError as error:
    raise cant_write(url, target.parent, error) from error
  sha256 = fingerprints.sha256_of_file(target)
  _LOG.info(
    "Fetched %s: %.1f MB in %.1f s",
    url,
    target.stat().st_size / 1e6,
    time.monotonic() - start,
  )
  return sha256


def _attempt(
  file: PartialFile, limits: Limits, access: Access, sha256_wanted: str | None
) -> None:
  """Downloads the missing bytes, and checks the whole file."""
  with (
    named_faults(file.url, limits.timeout_secs),
    requests.get(
      file.url,
      headers=file.request_headers(),
      auth=access.auth,
      stream=True,
      timeout=limits.timeout_secs,
    ) as response,
  ):
    check_status(response, access.hints)
    if response.status_code == 206:
      _check_part(response, file)
    else:
      file.start_again(response)
    _append_body(response, file, limits)
    _check_content(response, file, sha256_wanted)
  file.complete()


def _check_part(response: requests.Response, file: PartialFile) -> None:
  """Raises a TemporaryFault unless a part starts where the file ends."""
  part = response.headers.get("Content-Range", "")
  if not re.match(rf"bytes {file.size}-", part):
    file.remove()
    raise TemporaryFault(
      "the server sent another part of the file than was requested"
    )


def _append_body(
  response: requests.Response, file: PartialFile, limits: Limits
) -> None:
  """Appends the body to the file, and checks that it arrives in full."""
  have = file.path.stat().st_size if file.path.exists() else 0
  length = response.headers.get("Content-Length")
  total = have + int(length) if length and length.isdigit() else None
  if total is not None and total > limits.max_bytes:
    raise _too_large(file.url, limits)
  with file.path.open("ab") as stream:
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
      have += len(chunk)
      if have > limits.max_bytes:
        raise _too_large(file.url, limits)
      stream.write(chunk)
      progress.report(f"downloading {file.url}", have, total, unit="bytes")
    stream.flush()
    os.fsync(stream.fileno())
  if total is not None and have < total:
    raise TemporaryFault(f"the response ended after {have} of {total} bytes")


def _check_content(
  response: requests.Response, file: PartialFile, sha256_wanted: str | None
) -> None:
  """Removes the file and raises an error unless it is the wanted archive."""
  try:
    checksums.check_is_no_web_page(file.path, response)
    checksums.check_checksums(
      file.path, shown(response), response.headers, sha256_wanted
    )
  except (UserError, TemporaryFault):
    file.remove()
    raise


def _too_large(url: str, limits: Limits) -> UserError:
  return UserError(
    f"{url}: larger than {limits.max_bytes / 2**30:g} GiB; see handles.max_gib."
  )
