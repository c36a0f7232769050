"""Entries are shared with `tensorflow_hub`, and know their damage."""

import hashlib
import pathlib

import pytest

from hub_estimator.handles import module_cache
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles
from hub_estimator.tensorflow_runtime import hub
from tests.servers import hosting

QUICK = Handles(retries=1, timeout_secs=2)


@pytest.fixture
def cache(tmp_path, monkeypatch):
  path = tmp_path / "modules"
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(path))
  return path


@pytest.fixture
def host(text, tmp_path):
  with hosting(text, tmp_path) as host:
    yield host


def _flip(entry: pathlib.Path) -> None:
  path = entry / "variables" / "variables.data-00000-of-00001"
  content = bytearray(path.read_bytes())
  content[0] ^= 1
  path.write_bytes(content)


def test_our_entries_are_those_of_tensorflow_hub(cache, host):
  found = resolve(host.url(), handles=QUICK)
  assert found.path == str(
    cache / hashlib.sha1(host.url().encode()).hexdigest()
  )
  host.behaviour = lambda handler, number: handler.send(500)
  assert hub.resolve(host.url()) == found.path
  descriptor = pathlib.Path(f"{found.path}.descriptor.txt").read_text()
  assert descriptor.startswith(f"Module: {host.url()}\nDownload Time: 2")


def test_entries_of_tensorflow_hub_are_ours(cache, host, text):
  path = hub.resolve(host.url())
  host.behaviour = lambda handler, number: handler.send(500)
  found = resolve(host.url(), handles=QUICK)
  assert found.path == path
  assert found.fingerprint == fingerprint(text)
  (entry,) = module_cache.entries()
  assert (entry.url, entry.fingerprint) == (host.url(), None)


def test_a_flipped_byte_in_our_entry_is_found_at_once(cache, host, text):
  path = pathlib.Path(resolve(host.url(), handles=QUICK).path)
  _flip(path)
  found = resolve(host.url(), handles=QUICK)
  assert found.fingerprint == fingerprint(text)


def test_a_thorough_check_finds_flipped_bytes_in_entries_of_others(cache, host):
  path = pathlib.Path(hub.resolve(host.url()))
  (entry,) = module_cache.entries()
  assert entry.find_damage(thorough=True) is None
  _flip(path)
  assert entry.find_damage() is None
  assert "hecksum" in entry.find_damage(thorough=True)
