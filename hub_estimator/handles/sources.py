"""The contract of places from which modules are fetched."""

import pathlib
import shutil
from typing import Protocol

from hub_estimator.handles import archives
from hub_estimator.handles.settings import Limits


class Source(Protocol):
  """A place from which a module is fetched.

  Attributes:
    is_archive: whether the module comes as one archive. A handle's checksum is that of
      the archive, otherwise the module's fingerprint.
  """

  @property
  def is_archive(self) -> bool: ...

  def find_edition(self, limits: Limits) -> str | None:
    """Returns a digest, hex, of what is there now; None if that never changes.

    The place is asked, but the module isn't fetched.

    Args:
      limits: on time and attempts.

    Raises:
      UserError: it can't be asked, or has no such module.
    """
    ...

  def get(
    self, incoming: pathlib.Path, *, sha256: str | None, limits: Limits
  ) -> tuple[pathlib.Path, str | None]:
    """Fetches the module into a directory.

    Args:
      incoming: a directory, which may hold parts from an earlier attempt.
      sha256: of the archive, hex, if it is known.
      limits: on time, attempts and size.

    Returns:
      The module's root, and the sha256 of its archive, if there is one.

    Raises:
      UserError: the module can't be fetched.
    """
    ...


def unpack(
  archive: pathlib.Path, incoming: pathlib.Path, *, source: str, limits: Limits
) -> pathlib.Path:
  """Unpacks a fetched archive, removes it, and returns the module's root."""
  target = incoming / "module"
  shutil.rmtree(target, ignore_errors=True)
  try:
    return archives.extract(
      archive, target, source=source, max_bytes=limits.max_bytes
    )
  finally:
    archive.unlink()
