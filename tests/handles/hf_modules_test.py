"""Modules on the Hugging Face Hub come by its API, each file compared."""

import os
import pathlib
import subprocess
import sys

import pytest
from huggingface_hub import constants

from hub_estimator.errors import UserError
from hub_estimator.handles import cache_repair, module_cache
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles
from tests.hf_hub import COMMIT, Repository

pytestmark = [pytest.mark.newest, pytest.mark.usefixtures("cache")]

HANDLE = "hf://team/dense@v1"
PINNED = f"hf://team/dense@{COMMIT}"
QUICK = Handles(retries=1, timeout_secs=2)
ONCE = Handles(retries=0, timeout_secs=2)
SECRET = "hf_verysecret"


@pytest.fixture
def hub(dense, host, tmp_path, monkeypatch):
  # huggingface_hub reads HF_ENDPOINT and HF_HOME when it is imported.
  monkeypatch.setattr(constants, "ENDPOINT", host.url(""))
  monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
  for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
    monkeypatch.delenv(name, raising=False)
  return Repository(host, dense)


def message_of(handle, handles=QUICK):
  with pytest.raises(UserError) as raised:
    resolve(handle, handles=handles)
  return str(raised.value)


def test_only_the_files_of_the_module_are_fetched_once(dense, hub):
  found = resolve(HANDLE, handles=QUICK)
  assert found.fingerprint == resolve(dense).fingerprint
  first = hub.downloads()
  assert sorted(first) == sorted(
    path for path in hub.files if path.startswith(("saved", "tfhub", "var"))
  )
  assert resolve(HANDLE, handles=QUICK).path == found.path
  assert resolve(HANDLE, handles=Handles(offline=True)).path == found.path
  assert hub.downloads() == first


def test_a_folder_of_a_repository_is_a_module(dense, host, hub):
  hub = Repository(host, dense, folder="small/1/")
  found = resolve(f"{HANDLE}/small/1", handles=QUICK)
  assert found.fingerprint == resolve(dense).fingerprint
  assert "the repository has modules in: small/1" in message_of(HANDLE)
  message = message_of("hf://team/dense/smal")
  assert "hf://team/dense@main/smal holds no saved_model.pb" in message
  del hub.files["small/1/saved_model.pb"]
  assert "it holds: README.md, pytorch_model.bin, small." in message_of(HANDLE)


def test_an_archive_in_a_repository_is_a_handle_by_its_url(host, hub):
  hub.files = {"README.md": b"", "saved-model.tar.gz": host.archive}
  message = message_of(HANDLE)
  url = host.url("/team/dense/resolve/v1/saved-model.tar.gz")
  assert message.endswith(f"Give an archive by its URL: {url}.")


def test_a_branch_is_fetched_again_when_it_moves_and_a_commit_never(host, hub):
  resolve(PINNED, handles=QUICK)
  asked = len(host.requests)
  resolve(PINNED, handles=QUICK)
  assert len(host.requests) == asked
  files = len(hub.downloads())
  resolve(HANDLE, handles=QUICK)
  hub.commit = "f00d" * 10
  resolve(HANDLE, handles=QUICK)
  assert len(hub.downloads()) == 3 * files


def test_a_checksum_pins_the_content(dense, hub):
  content = resolve(dense).fingerprint
  resolve(f"{HANDLE}#sha256={content}", handles=QUICK)
  message = message_of(f"{HANDLE}#sha256={'0' * 64}")
  assert f"its sha256 is {content}, and the handle says 000" in message


def test_a_cut_download_is_resumed_without_the_files_that_are_there(
  dense, host, hub
):
  (big,) = hub.lfs
  send = hub.send
  hub.send = lambda handler, path: handler.send_archive(
    hub.files[path], cut=9 if path == big else None
  )
  assert "9 bytes read" in message_of(HANDLE, ONCE)
  assert module_cache.entries() == []
  done = hub.downloads()
  hub.send = send
  resolve(HANDLE, handles=ONCE)
  again = hub.downloads()[len(done) :]
  assert again[0] == big and not set(again[1:]) & set(done)
  assert "bytes=9-" in [asked for _, asked in host.requests]


@pytest.mark.parametrize("in_lfs", [True, False])
def test_content_that_is_not_what_the_hub_states_is_refused(hub, in_lfs):
  (big,) = hub.lfs
  wrong = big if in_lfs else "saved_model.pb"
  hub.send = lambda handler, path: handler.send_archive(
    b"x" * len(hub.files[path]) if path == wrong else hub.files[path]
  )
  message = message_of(HANDLE)
  assert f"{wrong}: its content isn't what the repository states" in message
  assert ("sha256" in message, "sha1" in message) == (in_lfs, not in_lfs)
  assert module_cache.entries() == []


def test_storage_sees_no_credentials_and_its_signature_stays_unnamed(
  host, hub, monkeypatch
):
  monkeypatch.setenv("HF_TOKEN", SECRET)
  hub.send = lambda handler, path: (
    handler.send(410) if path in hub.lfs else handler.send_archive(b"")
  )
  hub.files = {path: b"" for path in hub.files}
  message = message_of(HANDLE)
  assert "HTTP 410 Gone, redirected from" in message
  assert "Signature" not in message
  seen = dict(zip((p for p, _ in host.requests), host.credentials, strict=True))
  for path, credentials in seen.items():
    wanted = None if path.startswith("/lfs") else f"Bearer {SECRET}"
    assert credentials == wanted, path


@pytest.mark.parametrize("logged_in", [True, False])
@pytest.mark.parametrize(
  ("code", "said", "with_login", "without"),
  [
    (401, "RepoNotFound", "doesn't accept", "no such repository, or there are"),
    (403, "GatedRepo", "accept its terms at http", "HF_TOKEN gives them"),
    (404, "RevisionNotFound", "team/dense shows what exists", "for a private "),
  ],
)
def test_a_refusal_is_one_line_without_the_credentials(
  host, hub, monkeypatch, caplog, logged_in, code, said, with_login, without
):
  caplog.set_level("INFO")
  if logged_in:
    monkeypatch.setenv("HF_TOKEN", SECRET)
  host.behaviour = lambda handler, number: handler.send(
    code,
    str(handler.headers["Authorization"]).encode(),
    X_Error_Code=said,
    X_Error_Message=f"no {handler.headers['Authorization']}",
  )
  message = message_of(HANDLE)
  assert f"HTTP {code} " in message and f"({said})" in message
  assert (with_login if logged_in else without) in message
  assert len(message.splitlines()) == 1
  assert SECRET not in message + caplog.text


def test_a_rate_limit_is_waited_for_as_the_hub_says(host, hub, caplog):
  caplog.set_level("INFO")
  answer = host.behaviour
  host.behaviour = lambda handler, number: (
    handler.send(429, RateLimit='"api";r=0;t=1')
    if number == 1
    else answer(handler, number)
  )
  resolve(HANDLE, handles=QUICK)
  assert "HTTP 429 Too Many Requests; retrying in 1.0 s" in caplog.text


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"sha": "1"}'])
def test_an_answer_that_lists_no_files_is_an_error(host, hub, body):
  host.behaviour = lambda handler, number: handler.send(200, body)
  assert "revision/v1" in (message := message_of(HANDLE))
  assert "isn't a JSON object" in message or "doesn't list files" in message


def test_a_commit_that_is_a_path_is_refused(hub, tmp_path):
  hub.commit = "../../evil"
  message = message_of(HANDLE)
  assert "the answer's sha, '../../evil', is no commit" in message
  assert not list(tmp_path.rglob("evil*"))


def test_a_repository_above_the_limit_is_refused_before_it_is_fetched(hub):
  small = Handles(max_gib=1e-7, timeout_secs=2)
  assert "see handles.max_gib" in message_of(HANDLE, small)
  assert hub.downloads() == []


def test_paths_outside_of_the_module_are_left_out(dense, hub, tmp_path):
  hub.files["../../evil.pb"] = b"evil"
  hub.files["variables/../../evil.pb"] = b"evil"
  hub.files["/evil.pb"] = b"evil"
  resolve(HANDLE, handles=QUICK)
  assert not list(tmp_path.rglob("evil.pb"))


def test_without_huggingface_hub_the_extra_is_named(hub, monkeypatch):
  monkeypatch.setitem(sys.modules, "huggingface_hub", None)
  assert "pip install 'hub-estimator[hf]'" in message_of(HANDLE)


def test_a_mirror_of_tfhub_may_be_a_repository(dense, host, hub):
  Repository(host, dense, folder="google/dense/1/")
  handles = Handles(
    mirrors={"https://tfhub.dev/": "hf://team/dense@v1/"}, timeout_secs=2
  )
  found = resolve("https://tfhub.dev/google/dense/1", handles=handles)
  assert found.fingerprint == resolve(dense).fingerprint


def test_repair_fetches_a_damaged_module_again(hub):
  path = pathlib.Path(cache_repair.fetch(PINNED, refetch=True))
  (path / "saved_model.pb").write_bytes(b"damaged")
  assert not cache_repair.repair().damaged


@pytest.mark.slow
def test_the_command_reads_endpoint_and_token_from_the_environment(
  host, hub, cache
):
  ran = subprocess.run(
    [sys.executable, "-m", "hub_estimator.trainers.main"]
    + ["cache", "fetch", HANDLE],
    env=os.environ | {"HF_ENDPOINT": host.url(""), "HF_TOKEN": SECRET},
    check=False,
    capture_output=True,
    text=True,
    cwd=pathlib.Path(__file__).parents[2],
  )
  assert ran.returncode == 0, ran.stderr
  assert host.credentials[0] == f"Bearer {SECRET}"
  assert ran.stdout.strip().startswith(str(cache))
  assert SECRET not in ran.stdout + ran.stderr
