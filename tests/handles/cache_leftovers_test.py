import hashlib
import os

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import cache_leftovers
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles


def test_leftovers_are_from_interrupted_downloads_only(
  host, tmp_path, monkeypatch
):
  cache = tmp_path / "modules"
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(cache))
  cache.mkdir()
  key = "a" * 40
  old, new = cache / f"{key}.{'b' * 32}.tmp", cache / f"{key}.{'c' * 32}.tmp"
  for path in (old, new):
    path.mkdir()
    (path / "part").touch()
  lock = cache / f"{key}.lock"
  lock.touch()
  for path in (old / "part", old, lock):
    os.utime(path, (0, 0))
  host.behaviour = lambda handler, number: handler.send_archive(cut=100)
  with pytest.raises(UserError):
    resolve(host.url(), handles=Handles(retries=0))
  mine = (
    cache
    / ".hub_estimator"
    / "incoming"
    / (hashlib.sha1(host.url().encode()).hexdigest())
  )
  assert cache_leftovers.find_leftovers() == sorted([old, lock, mine])
  assert cache_leftovers.remove_leftovers() == sorted([old, lock, mine])
  assert cache_leftovers.find_leftovers() == []
  assert new.exists()
