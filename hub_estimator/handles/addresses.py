"""The place that a handle stands for."""

import dataclasses
import os
import re
import urllib.parse

from hub_estimator.handles.archives import SUFFIXES
from hub_estimator.handles.settings import Handles

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SHA256 = re.compile(r"#sha256=([0-9a-fA-F]{64})$")
_FORMAT = ("tf-hub-format", "compressed")


@dataclasses.dataclass(frozen=True)
class Address:
  """The place that a handle stands for.

  Attributes:
    asked: the handle, with its short name looked up and without its checksum;
      the cache keeps a module under this text.
    source: where the module is: `asked`, or its place on a mirror.
    sha256: of the archive, hex, if the handle states it.
  """

  asked: str
  source: str
  sha256: str | None

  @classmethod
  def of(cls, handle: str, handles: Handles) -> "Address":
    """Returns the address of a handle.

    Args:
      handle: what the user wrote.
      handles: its names and mirrors apply.
    """
    asked = handles.names.get(handle, handle)
    sha256 = None
    if stated := _SHA256.search(asked):
      asked, sha256 = asked[: stated.start()], stated.group(1).lower()
    return cls(asked, handles.locate(asked), sha256)

  @property
  def scheme(self) -> str | None:
    """The scheme of the source's URL, in lower case; None for a path."""
    match = _URL.match(self.source)
    return match.group(1).lower() if match else None

  @property
  def is_remote(self) -> bool:
    """Whether the module has to be fetched, and is kept in the cache."""
    return self.scheme not in (None, "file")

  @property
  def is_on_the_web(self) -> bool:
    """Whether an http(s) server has the module."""
    return self.scheme in ("http", "https")

  @property
  def is_archive(self) -> bool:
    """Whether the source is an archive; a web server always sends one."""
    return self.is_on_the_web or self.source.endswith(SUFFIXES)

  @property
  def local_path(self) -> str:
    """The absolute path of a source that isn't remote."""
    path = self.source
    if self.scheme == "file":
      path = urllib.parse.unquote(urllib.parse.urlsplit(path).path)
    return os.path.abspath(os.path.expanduser(path))

  @property
  def download_url(self) -> str:
    """The URL at which Hub's hosting protocol serves the archive."""
    parts = urllib.parse.urlsplit(self.source)
    if parts.path.endswith(SUFFIXES):
      return self.source
    query = [*urllib.parse.parse_qsl(parts.query), _FORMAT]
    return urllib.parse.urlunsplit(
      parts._replace(query=urllib.parse.urlencode(query))
    )
