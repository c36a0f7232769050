"""kill -9 at random moments of a download: nothing half-fetched ever counts."""

import contextlib
import os
import random
import time

import pytest
from huggingface_hub import constants

from hub_estimator import handles
from hub_estimator.handles import module_cache
from tests.faults import forked
from tests.hf_hub import Repository
from tests.servers import hosting

pytestmark = [pytest.mark.newest, pytest.mark.faults]

KILLS = int(os.environ.get("HUB_ESTIMATOR_KILLS", "20"))
_PIECES = 8


def _dribble(handler, whole):
  """Sends a file, or the rest of it, over some 320 ms."""
  asked = handler.headers.get("Range")
  first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
  body = whole[first:]
  handler.send_response(206 if asked else 200)
  handler.send_header("Content-Length", str(len(body)))
  handler.send_header("ETag", '"first"')
  if asked:
    handler.send_header(
      "Content-Range",
      f"bytes {first}-{len(whole) - 1}/{len(whole)}",
    )
  handler.end_headers()
  size = len(whole) // _PIECES + 1
  for i in range(0, len(body), size):
    handler.wfile.write(body[i : i + size])
    handler.wfile.flush()
    time.sleep(0.04)


def _handle(kind, host, i):
  """Returns the handle of a module that isn't cached yet, for a number."""
  return {
    "web": host.url(f"/m/{i}"),
    "kaggle": f"kaggle://team/m/tensorFlow1/small/{i + 1}",
    "hf": f"hf://team/dense@v{i}",
  }[kind]


def _serve(kind, host, module, monkeypatch):
  """Makes a host send the module slowly, as the kind of handle asks for it."""
  if kind == "hf":
    # Of other processes, and of this one, which may have read it before.
    monkeypatch.setenv("HF_ENDPOINT", host.url(""))
    monkeypatch.setattr(constants, "ENDPOINT", host.url(""))
    repository = Repository(host, module)
    repository.send = lambda handler, path: _dribble(
      handler, repository.files[path]
    )
    return
  monkeypatch.setenv("KAGGLE_API_ENDPOINT", host.url(""))
  host.behaviour = lambda handler, number: _dribble(handler, host.archive)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["web", "kaggle", "hf"])
def test_a_killed_download_leaves_nothing_that_counts(
  shared_module, tmp_path, monkeypatch, kind
):
  module = shared_module("enlite0_96_feature_vector")
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "modules"))
  rng = random.Random(1)
  wanted = handles.fingerprint(module)
  killed = 0
  with hosting(module, tmp_path) as host, contextlib.ExitStack() as stack:
    _serve(kind, host, module, monkeypatch)
    forker = stack.enter_context(
      forked.Forker("from hub_estimator import handles")
    )
    for i in range(KILLS):
      url = _handle(kind, host, i // 2)  # Each is gone on with once.
      # An undisturbed one takes some 0.6 s: download, unpacking, checks.
      child = forker.run(f"handles.resolve({url!r})")
      time.sleep(rng.uniform(0, 0.4))
      with contextlib.suppress(ProcessLookupError):  # It was done.
        child.kill()
      killed += child.wait() == -9
      for entry in module_cache.entries():
        assert entry.find_damage(thorough=True) is None
    for i in range((KILLS + 1) // 2):
      found = handles.resolve(_handle(kind, host, i))
      assert found.fingerprint == wanted
    resumed = sum(asked is not None for _, asked in host.requests)
  assert killed > KILLS // 2
  assert resumed > 0
  assert handles.remove_leftovers() == []
