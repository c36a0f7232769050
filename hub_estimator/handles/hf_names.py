"""Names of repositories on the Hugging Face Hub."""

import dataclasses
import re
import urllib.parse

from hub_estimator.errors import UserError

_SCHEME = "hf://"
_NAME = re.compile(
  r"(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[^/@]+))?(/(?P<folder>.*))?"
)
_COMMIT = re.compile("[0-9a-f]{40}")


@dataclasses.dataclass(frozen=True)
class HfName:
  """The name of a folder in an edition of a repository.

  Attributes:
    repository: such as "owner/name".
    revision: a commit, tag or branch.
    folder: inside of the repository; "" means its root.
  """

  repository: str
  revision: str
  folder: str

  @classmethod
  def parse(cls, text: str) -> "HfName":
    """Returns the name in a handle.

    Args:
      text: hf://owner/name@revision/folder; the revision, by default "main", and the
        folder may be left out. A slash in a revision is written %2F.

    Raises:
      UserError: it is no such name.
    """
    match = _NAME.fullmatch(text[len(_SCHEME) :])
    folder = (match and match["folder"] or "").strip("/")
    if match is None or ".." in folder.split("/"):
      raise UserError(
        f"{text!r} doesn't name a repository; write hf://OWNER/NAME@REVISION, with "
        "/FOLDER behind it if the module isn't at its root."
      )
    revision = urllib.parse.unquote(match["revision"] or "main")
    return cls(match["repository"], revision, folder)

  @property
  def is_pinned(self) -> bool:
    """Whether the revision is a commit, whose content never changes."""
    return _COMMIT.fullmatch(self.revision) is not None

  def __str__(self) -> str:
    revision = urllib.parse.quote(self.revision, safe="")
    folder = f"/{self.folder}" if self.folder else ""
    return f"{_SCHEME}{self.repository}@{revision}{folder}"
