"""An archive from an http(s) server, and its files, whole or not at all."""

import base64
import bz2
import contextlib
import dataclasses
import errno
import gzip
import hashlib
import json
import logging
import lzma
import os
import pathlib
import re
import ssl
import tarfile
import time
import urllib.parse
import zlib
from collections.abc import Callable

import requests
import tqdm
import urllib3

from hub_estimator.errors import UserError, one_line
from hub_estimator.handles.module_files import is_module, sha256

_LOG = logging.getLogger(__name__)
_CHUNK_BYTES = 1 << 20
# Too early, too many requests, and faults that a server may get over.
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_LONGEST_WAIT_SECS = 60.0
_MAX_FILES = 100_000
_OPENERS = (
  (b"\x1f\x8b", gzip.open),
  (b"BZh", bz2.open),
  (b"\xfd7zXZ", lzma.open),
)


@dataclasses.dataclass(frozen=True)
class Limits:
  """How long and how much.

  Attributes:
    timeout_secs: for a connection, and for each piece of an answer.
    retries: after a fault that may pass; the wait before them starts at half a
      second and doubles.
    max_bytes: of an archive, and of the files in it.
  """

  timeout_secs: float = 30.0
  retries: int = 5
  max_bytes: int = 20 << 30


class _Passing(Exception):
  """A fault that may be gone at the next attempt."""

  def __init__(self, why: str, wait_secs: float | None = None):
    super().__init__(why)
    self.wait_secs = wait_secs


def download(
  url: str,
  target: pathlib.Path,
  *,
  limits: Limits,
  sha256_wanted: str | None = None,
  sleep: Callable[[float], None] = time.sleep,
) -> str:
  """Downloads a file, or the rest of it, and returns its sha256, hex.

  What an earlier attempt has left in `target` is gone on with where the server
  says that it has the same file still. Checksums that the server sends are
  compared (Repr-Digest, x-goog-hash, x-amz-checksum-sha256, Content-MD5).

  Args:
    url: http or https.
    target: the file; what names its state lies beside it, as `.json`.
    limits: see `Limits`.
    sha256_wanted: hex, where it is known.
    sleep: waits between attempts.

  Raises:
    UserError: with the URL and the cause.
  """
  start = time.monotonic()
  _LOG.info("Fetching %s", url)
  for attempt in range(limits.retries + 1):
    try:
      found = _attempt(url, target, limits, sha256_wanted)
      break
    except _Passing as fault:
      if attempt == limits.retries:
        tried = f", {attempt + 1} times" if attempt else ""
        raise UserError(f"{url}: {fault}{tried}.") from fault
      wait = min(fault.wait_secs or 0.5 * 2**attempt, _LONGEST_WAIT_SECS)
      _LOG.info("%s: %s; again in %.1f s", url, fault, wait)
      sleep(wait)
    except OSError as error:
      raise _cant_store(url, target, error) from error
  _LOG.info(
    "Fetched %s: %.1f MB in %.1f s",
    url,
    target.stat().st_size / 1e6,
    time.monotonic() - start,
  )
  return found


def _attempt(url, target, limits, sha256_wanted) -> str:
  state_file = target.with_name(f"{target.name}.json")
  headers = {"Accept-Encoding": "identity"}
  begun = _read_state(state_file, url)
  have = target.stat().st_size if begun and target.exists() else 0
  if have:
    headers |= {"Range": f"bytes={have}-", "If-Range": begun}
  try:
    with requests.get(
      url, headers=headers, stream=True, timeout=limits.timeout_secs
    ) as response:
      _check_status(response)
      append = response.status_code == 206
      if append and not re.match(
        rf"bytes {have}-", response.headers.get("Content-Range", "")
      ):
        _forget(target, state_file)
        raise _Passing("another part of the file came than was asked for")
      validator = _validator(response)
      if not append:
        have = 0
        _forget(target, state_file)
        state_file.write_text(json.dumps({"url": url, "validator": validator}))
      _store(response, target, have, append, limits)
      _check_content(response, target, sha256_wanted)
  except (_Passing, UserError):
    raise
  except requests.exceptions.SSLError as error:
    raise UserError(f"{url}: TLS: {_innermost(error)}") from error
  except requests.exceptions.InvalidURL as error:
    raise UserError(f"{url}: {one_line(error)}") from error
  except requests.exceptions.TooManyRedirects as error:
    raise UserError(f"{url}: it redirects in a circle.") from error
  except (
    requests.exceptions.Timeout,
    urllib3.exceptions.TimeoutError,
  ) as error:
    raise _Passing(f"no answer for {limits.timeout_secs:g} s") from error
  except (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
  ) as error:
    raise _Passing(_innermost(error)) from error
  with target.open("rb") as stream:
    found = sha256(stream)
  state_file.unlink(missing_ok=True)
  return found


def _check_status(response) -> None:
  code = response.status_code
  if code in (200, 206):
    return
  told = f"{response.url}: HTTP {code} {response.reason or ''}".rstrip()
  if response.history:
    told += f", redirected from {response.history[0].url}"
  if code == 416:
    raise _Passing("the file has changed on the server")
  if code in _PASSING:
    raise _Passing(
      f"HTTP {code} {response.reason}",
      _seconds(response.headers.get("Retry-After")),
    )
  hints = {
    401: "; it asks for a login: a .netrc file can hold it",
    403: "; the host lets nobody, or not you, read it: a mirror may have it, see "
    "handles.mirrors",
    404: "; there is no such module",
  }
  raise UserError(told + hints.get(code, "") + ".")


def _store(response, target, have, append, limits) -> None:
  """Writes the body, and checks that it is whole."""
  length = response.headers.get("Content-Length")
  total = have + int(length) if length and length.isdigit() else None
  if total is not None and total > limits.max_bytes:
    raise _too_large(response.url, limits)
  with (
    target.open("ab" if append else "wb") as file,
    tqdm.tqdm(
      total=total,
      initial=have,
      unit="B",
      unit_scale=True,
      desc=pathlib.PurePosixPath(urllib.parse.urlsplit(response.url).path).name,
      disable=None,  # Where standard error is no terminal.
      leave=False,
    ) as bar,
  ):
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
      have += len(chunk)
      if have > limits.max_bytes:
        raise _too_large(response.url, limits)
      file.write(chunk)
      bar.update(len(chunk))
    file.flush()
    os.fsync(file.fileno())
  if total is not None and have < total:
    raise _Passing(f"the answer ended after {have} of {total} bytes")


def _check_content(response, target, sha256_wanted) -> None:
  with target.open("rb") as file:
    first = file.read(512)
  kind = response.headers.get("Content-Type", "")
  if first.lstrip()[:1] == b"<" and "html" in (kind + str(first)).lower():
    _forget(target)
    title = re.search(rb"<title[^>]*>([^<]*)", first, re.IGNORECASE)
    raise UserError(
      f"{response.url}: a web page came, and no archive"
      + (f": {title.group(1).decode(errors='replace')!r}" if title else "")
      + "."
    )
  for name, algorithm, wanted in _checksums(response.headers, sha256_wanted):
    with target.open("rb") as file:
      found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != wanted:
      _forget(target)
      message = f"its {algorithm} is {found}, and {name} says {wanted}"
      if name == _KNOWN:
        raise UserError(f"{response.url}: {message}.")
      raise _Passing(message)


_KNOWN = "the handle"


def _checksums(headers, sha256_wanted) -> list[tuple[str, str, str]]:
  """Returns (who says so, algorithm, hex) of what is known of a file."""
  found = []
  if sha256_wanted:
    found.append((_KNOWN, "sha256", sha256_wanted.lower()))
  for name, pattern, algorithm in (
    ("Repr-Digest", r"sha-256=:([^:]+):", "sha256"),
    ("x-amz-checksum-sha256", r"([A-Za-z0-9+/=]{44})$", "sha256"),
    ("x-goog-hash", r"md5=([A-Za-z0-9+/=]+)", "md5"),
    ("Content-MD5", r"([A-Za-z0-9+/=]+)$", "md5"),
  ):
    # Of a part, Content-MD5 speaks of the part.
    if name == "Content-MD5" and "Content-Range" in headers:
      continue
    match = re.search(pattern, headers.get(name, ""))
    if match:
      with contextlib.suppress(ValueError):
        value = base64.b64decode(match.group(1), validate=True).hex()
        found.append((name, algorithm, value))
  return found


def _validator(response) -> str | None:
  """Returns what tells a file from its next edition; None where nothing does."""
  tag = response.headers.get("ETag", "")
  if tag and not tag.startswith("W/"):
    return tag
  return response.headers.get("Last-Modified")


def _read_state(path: pathlib.Path, url: str) -> str | None:
  try:
    state = json.loads(path.read_text())
  except (OSError, ValueError):
    return None
  return state.get("validator") if state.get("url") == url else None


def _forget(target: pathlib.Path, *more: pathlib.Path) -> None:
  state = target.with_name(f"{target.name}.json")
  for path in (target, state, *more):
    path.unlink(missing_ok=True)


def _seconds(retry_after: str | None) -> float | None:
  return float(retry_after) if retry_after and retry_after.isdigit() else None


def _innermost(error: BaseException) -> str:
  """Returns the cause below urllib3's and requests' wrappers, in one line."""
  while True:
    below = error.__cause__ or error.__context__
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
      below = reason
    if below is None or isinstance(error, ssl.SSLError):
      return one_line(getattr(error, "strerror", None) or error) or (
        type(error).__name__
      )
    error = below


def _too_large(url: str, limits: Limits) -> UserError:
  return UserError(
    f"{url}: larger than {limits.max_bytes / 2**30:g} GiB; see handles.max_gib."
  )


def _cant_store(url, path: pathlib.Path, error: OSError) -> UserError:
  why = error.strerror or str(error)
  if error.errno == errno.ENOSPC:
    free = os.statvfs(path.parent)
    why += f", {free.f_bavail * free.f_frsize / 1e6:.1f} MB are free"
  return UserError(f"{url}: {path.parent} can't be written: {why}.")


def extract(
  archive: pathlib.Path, directory: pathlib.Path, *, source: str, max_bytes: int
) -> pathlib.Path:
  """Extracts a module's tar, plain or compressed by gzip, bzip2 or xz.

  Files and directories only, all of them inside of `directory`.

  Args:
    archive: the file.
    directory: doesn't exist yet, or is empty.
    source: where the archive is from, for messages.
    max_bytes: of all files together; compressed, a bomb is small.

  Returns:
    The module's root: `directory`, or the one folder in it, as
    `tar czf m.tgz m` makes it.

  Raises:
    UserError: it is no archive, is cut short, or holds what it mustn't.
  """
  with archive.open("rb") as file:
    first = file.read(8)
  opener = next((o for magic, o in _OPENERS if first.startswith(magic)), open)
  directory.mkdir(parents=True, exist_ok=True)
  try:
    with opener(archive, "rb") as stream:
      _extract_tar(stream, directory, source, max_bytes)
      # To its end, where the compressed stream has its checksum.
      for _ in range(max_bytes // _CHUNK_BYTES):
        if not stream.read(_CHUNK_BYTES):
          break
  except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
    raise UserError(
      f"{source}: it is no tar archive, or a broken one: {one_line(error)}."
    ) from error
  except OSError as error:
    if error.errno is None:  # Of gzip and bz2: not theirs, or a checksum.
      raise UserError(
        f"{source}: it is no tar archive, or a broken one: {one_line(error)}."
      ) from error
    raise _cant_store(source, directory, error) from error
  held = list(directory.iterdir())
  if len(held) == 1 and is_module(held[0]):
    return held[0]
  return directory


def _extract_tar(stream, directory, source, max_bytes) -> None:
  left = max_bytes
  count = 0
  root = directory.resolve()
  with tarfile.open(fileobj=stream, mode="r|") as archive:
    if hasattr(tarfile, "data_filter"):  # Not in the first releases of 3.11.
      archive.extraction_filter = tarfile.data_filter
    for member in archive:
      count += 1
      left -= member.size
      if left < 0 or count > _MAX_FILES:
        raise UserError(
          f"{source}: refused: it unpacks to more than "
          f"{max_bytes / 2**30:g} GiB or {_MAX_FILES:,} files."
        )
      if not (member.isfile() or member.isdir()):
        raise UserError(
          f"{source}: refused: {member.name!r} is neither a file nor a "
          "directory."
        )
      if not (root / member.name).resolve().is_relative_to(root):
        raise UserError(
          f"{source}: refused: {member.name!r} lies outside of the module."
        )
      archive.extract(member, root)
