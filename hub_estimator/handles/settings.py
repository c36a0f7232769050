"""Settings for handles: what short names mean, and how modules are fetched."""

import dataclasses
from collections.abc import Mapping

import gin

from hub_estimator.errors import UserError


@dataclasses.dataclass(frozen=True)
class Limits:
  """Limits on time, attempts and size of a fetch.

  Attributes:
    timeout_secs: for a connection, and for each piece of a response.
    retries: attempts after a temporary error; the wait before them starts at
      half a second and doubles each time.
    max_bytes: of an archive, and of the files in it.
  """

  timeout_secs: float = 30.0
  retries: int = 5
  max_bytes: int = 20 << 30


@gin.configurable("handles", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Handles:
  """What handles mean here, and how remote modules are fetched.

  Attributes:
    names: short names, {"glove": "/modules/glove50"}; a name can't stand for
      another name.
    mirrors: {prefix of a handle: its replacement}, such as
      {"https://tfhub.dev/": "https://mirror.example/tfhub/"}; a replacement may
      also be a directory or a bucket. The longest prefix wins. The cache keeps
      a module under the handle that you asked for.
    offline: contacts no server; only modules in the cache are available.
    timeout_secs: for a connection, and for each piece of a response.
    retries: attempts after a temporary error.
    max_gib: of an archive, and of the files in it.
  """

  names: Mapping[str, str] = dataclasses.field(default_factory=dict)
  mirrors: Mapping[str, str] = dataclasses.field(default_factory=dict)
  offline: bool = False
  timeout_secs: float = 30.0
  retries: int = 5
  max_gib: float = 20.0

  def __post_init__(self) -> None:
    for field in ("names", "mirrors"):
      table = getattr(self, field)
      if not isinstance(table, Mapping) or not all(
        isinstance(text, str) and text
        for pair in table.items()
        for text in pair
      ):
        raise UserError(
          f"handles.{field} is {table!r}; it is a map from strings to strings."
        )

  def locate(self, handle: str) -> str:
    """Returns a handle with its prefix replaced by that of a mirror, if any."""
    prefixes = [p for p in self.mirrors if handle.startswith(p)]
    if not prefixes:
      return handle
    longest = max(prefixes, key=len)
    return self.mirrors[longest] + handle[len(longest) :]

  def limits(self) -> Limits:
    """Returns the limits on a fetch."""
    return Limits(self.timeout_secs, self.retries, int(self.max_gib * 2**30))
