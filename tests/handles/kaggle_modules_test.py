"""Models on Kaggle come by its API, with the promises of all handles."""

import hashlib
import json
import pathlib
import sys

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import cache_repair, module_cache
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles

pytestmark = [pytest.mark.newest, pytest.mark.usefixtures("cache")]

COVERS = ("access", "retrying")

HANDLE = "kaggle://google/dense/tensorFlow1/small/3"
API = "/api/v1/models/google/dense/tensorFlow1/small"
QUICK = Handles(retries=1, timeout_secs=2)
ONCE = Handles(retries=0, timeout_secs=2)
SECRET = "KGAT-very-secret"


@pytest.fixture
def kaggle(host, tmp_path, monkeypatch):
  """A host that is Kaggle; newest version 3, and nobody logged in."""
  for name in ("API_TOKEN", "USERNAME", "KEY", "API_ENVIRONMENT"):
    monkeypatch.delenv(f"KAGGLE_{name}", raising=False)
  monkeypatch.setenv("HOME", str(tmp_path / "home"))
  monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "home"))
  monkeypatch.setenv("KAGGLE_API_ENDPOINT", host.url(""))
  host.newest = 3

  def answer(handler, number):
    if handler.path == f"{API}/get":
      handler.send(200, json.dumps({"versionNumber": host.newest}).encode())
    elif handler.path.startswith(f"{API}/"):
      handler.send_archive()
    else:
      handler.send(404)

  host.behaviour = answer
  return host


def paths(host):
  return [path for path, _ in host.requests]


def message_of(handle, handles=QUICK):
  with pytest.raises(UserError) as raised:
    resolve(handle, handles=handles)
  return str(raised.value)


def test_a_model_is_fetched_once_and_is_the_module(dense, kaggle):
  found = resolve(HANDLE, handles=QUICK)
  again = resolve(HANDLE, handles=Handles(offline=True))
  assert found.fingerprint == resolve(dense).fingerprint
  assert again.path == found.path
  assert paths(kaggle) == [f"{API}/3/download"]


@pytest.mark.parametrize(
  "path",
  [
    "google/dense/TensorFlow1/small/3",
    "google/dense/frameworks/TensorFlow1/variations/small/versions/3",
    "google/dense/tensorFlow1/small/3/?select=saved_model.pb",
  ],
)
def test_urls_of_the_site_are_handles(kaggle, path):
  handle = f"https://www.kaggle.com/models/{path}"
  found = resolve(handle, handles=QUICK)
  assert paths(kaggle) == [f"{API}/3/download"]
  # Where programs with tensorflow_hub look for it.
  assert pathlib.Path(found.path).name == (
    hashlib.sha1(handle.encode()).hexdigest()
  )


def test_without_a_version_the_newest_is_fetched_and_kept_until_a_newer_one(
  kaggle,
):
  handle = HANDLE.removesuffix("/3")
  resolve(handle, handles=QUICK)
  resolve(handle, handles=QUICK)
  assert paths(kaggle) == [f"{API}/get"] * 2 + [f"{API}/3/download"] + (
    [f"{API}/get"]
  )
  kaggle.newest = 4
  resolve(handle, handles=QUICK)
  assert paths(kaggle)[-1] == f"{API}/4/download"
  asked = len(kaggle.requests)
  resolve(handle, handles=Handles(offline=True))
  assert len(kaggle.requests) == asked


def test_a_checksum_pins_the_archive(kaggle):
  good = hashlib.sha256(kaggle.archive).hexdigest()
  resolve(f"{HANDLE}#sha256={good}", handles=QUICK)
  assert "its sha256 is" in message_of(f"{HANDLE}#sha256={'0' * 64}")


def test_a_cut_download_is_resumed_by_the_next_process(kaggle):
  whole = kaggle.behaviour
  kaggle.behaviour = lambda handler, number: handler.send_archive(cut=300)
  assert "300 bytes read" in message_of(HANDLE, ONCE)
  assert module_cache.entries() == []
  kaggle.behaviour = whole
  resolve(HANDLE, handles=ONCE)
  assert kaggle.requests[-1] == (f"{API}/3/download", "bytes=300-")


def test_storage_behind_a_redirect_sees_no_credentials_and_stays_unnamed(
  kaggle, monkeypatch
):
  monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET)
  storage = f"http://localhost:{kaggle.port}/storage?X-Goog-Signature=sig"

  def answer(handler, number):
    if handler.path.startswith("/api"):
      handler.send(302, Location=storage)
    else:
      handler.send(410)

  kaggle.behaviour = answer
  message = message_of(HANDLE)
  assert kaggle.credentials == [f"Bearer {SECRET}", None]
  assert "/storage: HTTP 410 Gone, redirected from" in message
  assert "sig" not in message.replace("Signature", "")


@pytest.mark.parametrize("login", ["token", "key", None])
@pytest.mark.parametrize(
  ("code", "with_login", "without"),
  [
    (401, "doesn't accept the credentials", "needs credentials, and there are"),
    (403, "accept its terms at https://www.kaggle.com/models/google/dense", ""),
    (404, "shows the variations and versions", "a private model needs"),
  ],
)
def test_a_refusal_is_one_line_without_the_credentials(
  kaggle, monkeypatch, caplog, login, code, with_login, without
):
  caplog.set_level("INFO")
  if login == "token":
    monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET)
  elif login == "key":
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    monkeypatch.setenv("KAGGLE_KEY", SECRET)
  kaggle.behaviour = lambda handler, number: handler.send(
    code, f"no {handler.headers['Authorization']}".encode()
  )
  message = message_of(HANDLE)
  assert f"{API}/3/download: HTTP {code} " in message
  assert (with_login if login else without) in message
  assert len(message.splitlines()) == 1
  assert (kaggle.credentials[0] is None) == (login is None)
  for text in (message, caplog.text):
    assert SECRET not in text and "Basic" not in text


def test_a_rate_limit_is_waited_for_and_then_named(kaggle):
  kaggle.behaviour = lambda handler, number: handler.send(429)
  assert "HTTP 429 Too Many Requests, 2 times." in message_of(HANDLE)
  assert len(kaggle.requests) == 2


def test_a_newest_version_that_is_not_stated_is_an_error(kaggle):
  kaggle.behaviour = lambda handler, number: handler.send(200, b"{}")
  message = message_of(HANDLE.removesuffix("/3"))
  assert f"{API}/get: the answer states no versionNumber" in message


def test_broken_credentials_are_named_and_not_shown(kaggle, tmp_path):
  (tmp_path / "home").mkdir()
  (tmp_path / "home" / "kaggle.json").write_text(f'{{"key": "{SECRET}"')
  message = message_of(HANDLE)
  assert "Credentials for Kaggle: Invalid" in message
  assert SECRET not in message


def test_without_kagglehub_the_extra_is_named(kaggle, monkeypatch):
  monkeypatch.setitem(sys.modules, "kagglehub", None)
  assert "pip install 'hub-estimator[kaggle]'" in message_of(HANDLE)


def test_a_mirror_needs_neither_kaggle_nor_kagglehub(
  dense, tmp_path, kaggle, monkeypatch
):
  monkeypatch.setitem(sys.modules, "kagglehub", None)
  handles = Handles(
    mirrors={"kaggle://": kaggle.url("/mirror/")}, timeout_secs=2
  )
  kaggle.behaviour = lambda handler, number: handler.send_archive()
  found = resolve(HANDLE, handles=handles)
  assert found.fingerprint == resolve(dense).fingerprint
  assert paths(kaggle) == [
    "/mirror/google/dense/tensorFlow1/small/3?tf-hub-format=compressed"
  ]


def test_cache_fetch_and_repair_work(kaggle):
  path = pathlib.Path(cache_repair.fetch(HANDLE))
  (path / "saved_model.pb").write_bytes(b"damaged")
  assert not cache_repair.repair().damaged
  (entry,) = cache_repair.verify().entries
  assert (entry.url, entry.damage) == (HANDLE, None)
