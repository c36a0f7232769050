"""Modules in TensorFlow's file systems, as directories and as archives."""

import dataclasses
import pathlib

from hub_estimator.handles import buckets
from hub_estimator.handles.fingerprints import sha256_of_file
from hub_estimator.handles.settings import Limits
from hub_estimator.handles.sources import unpack


@dataclasses.dataclass(frozen=True)
class BucketDirectory:
  """A module's directory.

  Attributes:
    path: such as gs://bucket/m.
  """

  path: str
  is_archive = False

  def find_edition(self, limits: Limits) -> str | None:
    """Returns a digest of the names, sizes and times of all files."""
    del limits
    return buckets.sha256_of_listing(self.path)

  def get(
    self, incoming: pathlib.Path, *, sha256: str | None, limits: Limits
  ) -> tuple[pathlib.Path, str | None]:
    """Copies the directory."""
    del sha256
    target = incoming / "module"
    buckets.copy_directory(self.path, target, limits=limits)
    return target, None


@dataclasses.dataclass(frozen=True)
class BucketArchive:
  """A module's archive.

  Attributes:
    path: such as gs://bucket/m.tar.gz.
  """

  path: str
  is_archive = True

  def find_edition(self, limits: Limits) -> str | None:
    """Returns None: archives are kept as they were fetched."""
    del limits
    return None

  def get(
    self, incoming: pathlib.Path, *, sha256: str | None, limits: Limits
  ) -> tuple[pathlib.Path, str | None]:
    """Copies and unpacks the archive."""
    archive = incoming / "archive"
    buckets.copy_file(self.path, archive)
    found = sha256_of_file(archive, wanted=sha256, source=self.path)
    return unpack(archive, incoming, source=self.path, limits=limits), found
