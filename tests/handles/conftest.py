"""A host of one module, and the waits between attempts to reach it."""

import pytest

from tests.servers import hosting


@pytest.fixture
def host(dense, tmp_path):
  with hosting(dense, tmp_path) as host:
    yield host


@pytest.fixture
def waits():
  """The seconds that a download would have waited, in their order."""
  return []
