"""Entries are shared with `tensorflow_hub`, and know their damage."""

import hashlib
import pathlib

from hub_estimator.handles import module_cache
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles
from hub_estimator.tensorflow_runtime import hub
from tests.handles.damaging import flip_weights

QUICK = Handles(retries=1, timeout_secs=2)


def test_our_entries_are_those_of_tensorflow_hub(cache, text_host):
  found = resolve(text_host.url(), handles=QUICK)
  assert found.path == str(
    cache / hashlib.sha1(text_host.url().encode()).hexdigest()
  )
  text_host.behaviour = lambda handler, number: handler.send(500)
  assert hub.resolve(text_host.url()) == found.path
  descriptor = pathlib.Path(f"{found.path}.descriptor.txt").read_text()
  assert descriptor.startswith(f"Module: {text_host.url()}\nDownload Time: 2")


def test_entries_of_tensorflow_hub_are_ours(cache, text_host, text):
  path = hub.resolve(text_host.url())
  text_host.behaviour = lambda handler, number: handler.send(500)
  found = resolve(text_host.url(), handles=QUICK)
  assert found.path == path
  assert found.fingerprint == fingerprint(text)
  (entry,) = module_cache.entries()
  assert (entry.url, entry.fingerprint) == (text_host.url(), None)


def test_a_flipped_byte_in_our_entry_is_found_at_once(cache, text_host, text):
  path = pathlib.Path(resolve(text_host.url(), handles=QUICK).path)
  flip_weights(path)
  found = resolve(text_host.url(), handles=QUICK)
  assert found.fingerprint == fingerprint(text)


def test_a_thorough_check_finds_flipped_bytes_in_entries_of_others(
  cache, text_host
):
  path = pathlib.Path(hub.resolve(text_host.url()))
  (entry,) = module_cache.entries()
  assert entry.find_damage(thorough=True) is None
  flip_weights(path)
  assert entry.find_damage() is None
  assert "hecksum" in entry.find_damage(thorough=True)
