"""How a host is asked: with which credentials, and what its refusals mean."""

import dataclasses
from collections.abc import Mapping

import requests.auth

_HINTS = {
  401: "; it asks for a login: a .netrc file can hold it",
  403: "; the host denies access: a mirror may have it, see handles.mirrors",
  404: "; there is no such module",
}


@dataclasses.dataclass(frozen=True)
class Access:
  """How a host is asked.

  Attributes:
    auth: adds the credentials to requests; it isn't part of any message. None
      leaves them to .netrc.
    hints: {HTTP status: the end of the message about it}.
  """

  auth: requests.auth.AuthBase | None = dataclasses.field(
    default=None, repr=False
  )
  hints: Mapping[int, str] = dataclasses.field(default_factory=lambda: _HINTS)


class BearerToken(requests.auth.AuthBase):
  """Sends a token with requests; a redirect to another host drops it."""

  def __init__(self, token: str) -> None:
    self._token = token

  def __call__(
    self, request: requests.PreparedRequest
  ) -> requests.PreparedRequest:
    request.headers["Authorization"] = f"Bearer {self._token}"
    return request
