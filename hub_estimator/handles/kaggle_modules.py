"""Models on Kaggle, fetched with the credentials that `kagglehub` finds.

`kagglehub` has a downloader, too. It waits for a silent server without limit, doesn't
retry, and resumes without asking whether the file is the same. So the archive that
Kaggle's API offers goes through the downloader of this library.
"""

import dataclasses
import hashlib
import pathlib

import requests.auth

from hub_estimator.errors import UserError, one_line
from hub_estimator.handles import downloading
from hub_estimator.handles.access import Access, BearerToken
from hub_estimator.handles.kaggle_names import KaggleName, endpoint
from hub_estimator.handles.retrying import ask
from hub_estimator.handles.settings import Limits
from hub_estimator.handles.sources import unpack

_LOGIN = (
  "KAGGLE_API_TOKEN, ~/.kaggle/access_token or ~/.kaggle/kaggle.json can "
  "hold them"
)


@dataclasses.dataclass(frozen=True)
class KaggleModule:
  """A model's variation on Kaggle.

  Attributes:
    name: of the variation.
  """

  name: KaggleName
  is_archive = True

  def find_edition(self, limits: Limits) -> str | None:
    """Returns a digest of the newest version; None if the name has a version."""
    if self.name.version is not None:
      return None
    newest = _with_version(self.name, _access(self.name), limits)
    return hashlib.sha256(str(newest).encode()).hexdigest()

  def get(
    self, incoming: pathlib.Path, *, sha256: str | None, limits: Limits
  ) -> tuple[pathlib.Path, str | None]:
    """Downloads and unpacks the archive of the version, or of the newest."""
    access = _access(self.name)
    name = _with_version(self.name, access, limits)
    archive = incoming / "archive"
    found = downloading.download(
      f"{endpoint()}/api/v1/models/{name.path}/{name.version}/download",
      archive,
      limits=limits,
      access=access,
      sha256_wanted=sha256,
    )
    return unpack(archive, incoming, source=str(name), limits=limits), found


def _with_version(
  name: KaggleName, access: Access, limits: Limits
) -> KaggleName:
  """Returns a name with its version, or with the newest one."""
  if name.version is not None:
    return name
  url = f"{endpoint()}/api/v1/models/{name.path}/get"
  newest = ask(url, limits=limits, access=access).get("versionNumber")
  if not isinstance(newest, int) or newest < 1:
    raise UserError(f"{url}: the answer states no versionNumber.")
  return dataclasses.replace(name, version=newest)


def _access(name: KaggleName) -> Access:
  """Returns the user's credentials for Kaggle, and what its refusals mean."""
  auth = _credentials()
  denied = (
    f"; these credentials may not read it: accept its terms at {name.page}"
    if auth
    else f"; it needs credentials, and there are none: {_LOGIN}"
  )
  return Access(
    auth,
    {
      401: f"; Kaggle doesn't accept the credentials: {_LOGIN}"
      if auth
      else denied,
      403: denied,
      404: f"; {name.page} shows the variations and versions that exist"
      + ("" if auth else f"; a private model needs credentials: {_LOGIN}"),
    },
  )


def _credentials() -> requests.auth.AuthBase | None:
  try:
    from kagglehub import config
  except ImportError as error:
    raise UserError(
      "Models on Kaggle need kagglehub: pip install 'hub-estimator[kaggle]'."
    ) from error
  try:
    found = config.get_kaggle_credentials()
  except (OSError, ValueError) as error:
    raise UserError(f"Credentials for Kaggle: {one_line(error)}.") from error
  if found is None:
    return None
  if found.api_key:
    return BearerToken(found.api_key)
  return requests.auth.HTTPBasicAuth(found.username, found.key)
