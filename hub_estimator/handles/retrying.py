"""Requests that are repeated after a temporary fault, and answers in JSON."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from hub_estimator.errors import UserError
from hub_estimator.handles.access import Access
from hub_estimator.handles.faults import (
  TemporaryFault,
  check_status,
  named_faults,
  shown,
)
from hub_estimator.handles.settings import Limits

_LOG = logging.getLogger(__name__)
_LONGEST_WAIT_SECS = 60.0
_T = TypeVar("_T")


def with_retries(
  url: str,
  attempt: Callable[[], _T],
  *,
  limits: Limits,
  sleep: Callable[[float], None] = time.sleep,
) -> _T:
  """Returns the result of the first attempt without a temporary fault.

  Args:
    url: for messages.
    attempt: raises a TemporaryFault if another attempt may succeed.
    limits: on attempts.
    sleep: waits between attempts, in seconds.

  Raises:
    UserError: the last attempt had a temporary fault, too.
  """
  for number in range(limits.retries + 1):
    try:
      return attempt()
    except TemporaryFault as fault:
      if number == limits.retries:
        tried = f", {number + 1} times" if number else ""
        raise UserError(f"{url}: {fault}{tried}.") from fault
      wait = min(fault.wait_secs or 0.5 * 2**number, _LONGEST_WAIT_SECS)
      _LOG.info("%s: %s; retrying in %.1f s", url, fault, wait)
      sleep(wait)
  raise AssertionError("the last attempt returns or raises")


def ask(url: str, *, limits: Limits, access: Access) -> dict[str, Any]:
  """Returns the JSON object at a URL.

  Args:
    url: http or https.
    limits: on time and attempts.
    access: credentials, and what refusals mean.

  Raises:
    UserError: the server refuses, or answers something else.
  """

  def attempt() -> Any:
    with (
      named_faults(url, limits.timeout_secs),
      requests.get(
        url, auth=access.auth, timeout=limits.timeout_secs
      ) as response,
    ):
      check_status(response, access.hints)
      try:
        answer = response.json()
      except ValueError:
        answer = None
      if not isinstance(answer, dict):
        raise UserError(f"{shown(response)}: the answer isn't a JSON object.")
      return answer

  return with_retries(url, attempt, limits=limits)
