"""Modules on web servers, which may have moved to Kaggle."""

import dataclasses
import logging
import pathlib
import urllib.parse

from hub_estimator.errors import UserError
from hub_estimator.handles import downloading
from hub_estimator.handles.faults import Refused
from hub_estimator.handles.kaggle_modules import KaggleModule
from hub_estimator.handles.kaggle_names import KaggleName
from hub_estimator.handles.settings import Limits
from hub_estimator.handles.sources import unpack

_LOG = logging.getLogger(__name__)
_MOVED = (
  " Modules of tfhub.dev are on Kaggle now: look for its page at "
  "https://www.kaggle.com/models, and give that page's URL as the handle."
)


@dataclasses.dataclass(frozen=True)
class WebModule:
  """A module on a module host, or an archive on any web server.

  Attributes:
    source: the handle, or its place on a mirror.
    download_url: of the archive.
  """

  source: str
  download_url: str
  is_archive = True

  def find_edition(self, limits: Limits) -> str | None:
    """Returns None: modules of a URL are kept as they were fetched."""
    del limits
    return None

  def get(
    self, incoming: pathlib.Path, *, sha256: str | None, limits: Limits
  ) -> tuple[pathlib.Path, str | None]:
    """Downloads and unpacks the archive.

    If the server leads to a model's page on Kaggle, that model is fetched.
    """
    archive = incoming / "archive"
    try:
      found = downloading.download(
        self.download_url, archive, limits=limits, sha256_wanted=sha256
      )
    except Refused as error:
      name = KaggleName.find(error.urls, error.page)
      if name is not None:
        return _follow(self.source, name, incoming, sha256, limits)
      if urllib.parse.urlsplit(self.source).hostname == "tfhub.dev":
        raise UserError(f"{error}{_MOVED}") from error
      raise
    return unpack(archive, incoming, source=self.source, limits=limits), found


def _follow(
  source: str,
  name: KaggleName,
  incoming: pathlib.Path,
  sha256: str | None,
  limits: Limits,
) -> tuple[pathlib.Path, str | None]:
  """Fetches the model on Kaggle that a server leads to."""
  _LOG.info("%s leads to %s", source, name)
  try:
    return KaggleModule(name).get(incoming, sha256=sha256, limits=limits)
  except UserError as error:
    raise UserError(f"{source} leads to {name}: {error}") from error
