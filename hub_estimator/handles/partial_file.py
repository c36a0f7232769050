"""A file that is downloaded in one or several attempts."""

import dataclasses
import json
import pathlib

import requests


@dataclasses.dataclass(frozen=True)
class PartialFile:
  """A file being downloaded, and the edition that the server has of it.

  A JSON file beside it states the URL and the edition, so that another process
  can resume the download.

  Attributes:
    path: the file.
    url: its origin.
  """

  path: pathlib.Path
  url: str

  @property
  def size(self) -> int:
    """The bytes from which a download can resume; 0 to start again."""
    if self._edition() is None or not self.path.exists():
      return 0
    return self.path.stat().st_size

  def request_headers(self) -> dict[str, str]:
    """Returns headers that ask for the missing bytes of the same edition."""
    headers = {"Accept-Encoding": "identity"}
    edition = self._edition()
    if self.size and edition is not None:
      headers |= {"Range": f"bytes={self.size}-", "If-Range": edition}
    return headers

  def start_again(self, response: requests.Response) -> None:
    """Removes all bytes, and notes the edition that a response brings."""
    self.remove()
    self._state.write_text(
      json.dumps({"url": self.url, "validator": _edition_of(response)})
    )

  def complete(self) -> None:
    """Removes the state: the file is whole."""
    self._state.unlink(missing_ok=True)

  def remove(self) -> None:
    """Removes the file and its state."""
    self.path.unlink(missing_ok=True)
    self._state.unlink(missing_ok=True)

  @property
  def _state(self) -> pathlib.Path:
    return self.path.with_name(f"{self.path.name}.json")

  def _edition(self) -> str | None:
    """Returns the edition that the bytes are from; None if it is unknown."""
    try:
      state = json.loads(self._state.read_text())
    except (OSError, ValueError):
      return None
    return state.get("validator") if state.get("url") == self.url else None


def _edition_of(response: requests.Response) -> str | None:
  """Returns what distinguishes a file from its next edition, or None."""
  tag = response.headers.get("ETag", "")
  if tag and not tag.startswith("W/"):
    return tag
  return response.headers.get("Last-Modified")
