"""Names of models on Kaggle, as its site and handles write them."""

import dataclasses
import os
import re
import urllib.parse

from hub_estimator.errors import UserError

_SCHEME = "kaggle://"
_SITES = ("kaggle.com", "www.kaggle.com")
_SITE = "https://www.kaggle.com"
_PART = re.compile(r"[\w.-]+")
# Where a page says that it is now. Its other links may lead to other models.
_LINK = re.compile(
  r"<(?:meta|link)\b[^>]*\b(?:refresh|canonical)\b[^>]*?"
  r"(https?://[^\s\"'<>]+)",
  re.IGNORECASE,
)
# Its API names frameworks in this case; handles of tfhub.dev's time don't.
_FRAMEWORKS = {"tensorflow1": "tensorFlow1", "tensorflow2": "tensorFlow2"}
_FORM = "kaggle://OWNER/MODEL/FRAMEWORK/VARIATION/VERSION"


@dataclasses.dataclass(frozen=True)
class KaggleName:
  """The name of a model's variation on Kaggle.

  Attributes:
    owner: such as "google".
    model: such as "nnlm".
    framework: such as "tensorFlow1".
    variation: such as "en-dim50".
    version: from 1; None means the newest.
  """

  owner: str
  model: str
  framework: str
  variation: str
  version: int | None

  @classmethod
  def parse(cls, text: str) -> "KaggleName | None":
    """Returns the name in a handle or URL, or None if it is another place's.

    Args:
      text: kaggle://google/nnlm/tensorFlow1/en-dim50/1, or a URL of the site, also
        with frameworks/, variations/ and versions/ in it; the version may be left out.

    Raises:
      UserError: the name is incomplete.
    """
    path = _path_of(text)
    if path is None:
      return None
    parts = [part for part in path.split("/") if part]
    if parts[2:3] == ["frameworks"] and parts[4:5] == ["variations"]:
      parts = parts[:2] + parts[3:4] + parts[5:6] + parts[6:]
      if parts[4:5] == ["versions"]:
        del parts[4]
    version = parts[4] if len(parts) == 5 else None
    if (
      len(parts) not in (4, 5)
      or not all(map(_PART.fullmatch, parts))
      or not (version is None or re.fullmatch("[1-9][0-9]{0,8}", version))
    ):
      raise UserError(
        f"{text!r} doesn't name a model's variation on Kaggle; write {_FORM}, or "
        "leave out the version to use the newest."
      )
    framework = _FRAMEWORKS.get(parts[2].lower(), parts[2])
    number = None if version is None else int(version)
    return cls(parts[0], parts[1], framework, parts[3], number)

  @classmethod
  def find(cls, urls: tuple[str, ...], page: str) -> "KaggleName | None":
    """Returns the name that redirects or a page lead to, or None.

    Args:
      urls: of the redirects, in their order; the last name counts.
      page: the start of a web page, or "".
    """
    for url in (*reversed(urls), *_LINK.findall(page)):
      try:
        name = cls.parse(url)
      except UserError:  # A page about all variations of a model.
        continue
      if name is not None:
        return name
    return None

  @property
  def path(self) -> str:
    """The model's path in URLs of Kaggle's API, without the version."""
    return f"{self.owner}/{self.model}/{self.framework}/{self.variation}"

  @property
  def page(self) -> str:
    """The URL of the model's page."""
    return f"{_SITE}/models/{self.owner}/{self.model}"

  def __str__(self) -> str:
    version = "" if self.version is None else f"/{self.version}"
    return f"{_SCHEME}{self.path}{version}"


def endpoint() -> str:
  """Returns the root of Kaggle's API: KAGGLE_API_ENDPOINT, or the public one."""
  return os.environ.get("KAGGLE_API_ENDPOINT", _SITE).rstrip("/")


def _path_of(text: str) -> str | None:
  """Returns the path of a name, from its owner on."""
  if text.lower().startswith(_SCHEME):
    return text[len(_SCHEME) :]
  parts = urllib.parse.urlsplit(text)
  if parts.scheme.lower() not in ("http", "https"):
    return None
  if parts.netloc.lower() not in (
    *_SITES,
    urllib.parse.urlsplit(endpoint()).netloc,
  ):
    return None
  path = urllib.parse.unquote(parts.path)
  return path.removeprefix("/models/") if path.startswith("/models/") else None
