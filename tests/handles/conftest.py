"""An empty cache, hosts of one module, and the waits between attempts."""

import pytest

from tests.servers import hosting


@pytest.fixture
def cache(tmp_path, monkeypatch):
  path = tmp_path / "modules"
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(path))
  return path


@pytest.fixture
def host(dense, tmp_path):
  with hosting(dense, tmp_path) as host:
    yield host


@pytest.fixture
def text_host(text, tmp_path):
  with hosting(text, tmp_path) as host:
    yield host


@pytest.fixture
def waits():
  """The seconds that a download would have waited, in their order."""
  return []
