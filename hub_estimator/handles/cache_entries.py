"""One module in the cache, and the descriptor beside it."""

import contextlib
import dataclasses
import datetime
import os
import pathlib
import socket

from hub_estimator import disk
from hub_estimator.handles import damage, fingerprints

_DESCRIPTOR_SUFFIX = ".descriptor.txt"


@dataclasses.dataclass(frozen=True)
class Entry:
  """One cached module.

  Attributes:
    path: its directory, which may not exist.
    url: the handle that it was fetched for; None if no descriptor states it.
    fetched_at: as the descriptor states it, or None.
    fingerprint: of the module as fetched, hex; None if another program fetched
      it.
    source_sha256: of the archive it came in, or of the listing of the remote
      directory, hex; None if another program fetched it.
  """

  path: pathlib.Path
  url: str | None
  fetched_at: str | None = None
  fingerprint: str | None = None
  source_sha256: str | None = None

  def find_damage(self, *, thorough: bool = False) -> str | None:
    """Returns a description of what is wrong with the module, or None.

    Args:
      thorough: whether to compare every byte with a stored checksum: the
        fingerprint, or the checksums that TensorFlow keeps of weights.
    """
    found = damage.find_damage(
      self.path, thorough=thorough and self.fingerprint is None
    )
    if found is None and thorough and self.fingerprint is not None:
      actual = fingerprints.fingerprint(self.path)
      if actual != self.fingerprint:
        return f"its sha256 is {actual}, and {self.fingerprint} was fetched"
    return found


def read_entry(path: pathlib.Path, url: str | None = None) -> Entry:
  """Returns the entry at a path, whether there is a module or not.

  Args:
    path: the module's directory.
    url: its URL if no descriptor states one.
  """
  fields: dict[str, str] = {}
  with contextlib.suppress(OSError):
    text = _descriptor(path).read_text()
    for line in text.splitlines():
      name, separator, value = line.partition(": ")
      if separator:
        fields[name] = value
  return Entry(
    path=path,
    url=fields.get("Module", url),
    fetched_at=fields.get("Download Time"),
    fingerprint=fields.get("Fingerprint"),
    source_sha256=fields.get("Source SHA-256"),
  )


def write_descriptor(
  path: pathlib.Path,
  *,
  url: str,
  fetched_from: str,
  fingerprint: str,
  source_sha256: str | None,
) -> None:
  """Writes the descriptor of an entry in the format of `tensorflow_hub`.

  The lines after the hostname are our own; `tensorflow_hub` ignores them.

  Args:
    path: the module's directory.
    url: the handle that it was fetched for.
    fetched_from: the place that it came from, which may be a mirror.
    fingerprint: of the module.
    source_sha256: see `Entry`.
  """
  lines = [
    f"Module: {url}",
    f"Download Time: {datetime.datetime.now():%Y-%m-%d %H:%M:%S}",
    f"Downloader Hostname: {socket.gethostname()} (PID:{os.getpid()})",
    f"Fetched From: {fetched_from}",
    f"Fingerprint: {fingerprint}",
  ]
  if source_sha256:
    lines.append(f"Source SHA-256: {source_sha256}")
  disk.write_text(_descriptor(path), "\n".join(lines) + "\n")


def _descriptor(path: pathlib.Path) -> pathlib.Path:
  return path.with_name(path.name + _DESCRIPTOR_SUFFIX)
