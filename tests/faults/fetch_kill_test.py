"""kill -9 at random moments of a download: nothing half-fetched ever counts."""

import contextlib
import os
import random
import time

import pytest

from hub_estimator import handles
from hub_estimator.handles import module_cache
from tests.faults import forked
from tests.servers import hosting

pytestmark = [pytest.mark.newest, pytest.mark.faults]

KILLS = int(os.environ.get("HUB_ESTIMATOR_KILLS", "20"))
_PIECES = 8


def _dribble(handler, number):
  """Sends the archive, or the rest of it, over some 320 ms."""
  host = handler.server.host
  asked = handler.headers.get("Range")
  first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
  body = host.archive[first:]
  handler.send_response(206 if asked else 200)
  handler.send_header("Content-Length", str(len(body)))
  handler.send_header("ETag", '"first"')
  if asked:
    handler.send_header(
      "Content-Range",
      f"bytes {first}-{len(host.archive) - 1}/{len(host.archive)}",
    )
  handler.end_headers()
  size = len(host.archive) // _PIECES + 1
  for i in range(0, len(body), size):
    handler.wfile.write(body[i : i + size])
    handler.wfile.flush()
    time.sleep(0.04)


@pytest.mark.slow
def test_a_killed_download_leaves_nothing_that_counts(
  shared_module, tmp_path, monkeypatch
):
  module = shared_module("enlite0_96_feature_vector")
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "modules"))
  rng = random.Random(1)
  wanted = handles.fingerprint(module)
  killed = 0
  with (
    hosting(module, tmp_path) as host,
    forked.Forker("from hub_estimator import handles") as forker,
  ):
    host.behaviour = _dribble
    for i in range(KILLS):
      url = host.url(f"/m/{i // 2}")  # Each is gone on with once.
      # An undisturbed one takes some 0.6 s: download, unpacking, checks.
      child = forker.run(f"handles.resolve({url!r})")
      time.sleep(rng.uniform(0, 0.4))
      with contextlib.suppress(ProcessLookupError):  # It was done.
        child.kill()
      killed += child.wait() == -9
      for entry in module_cache.entries():
        assert entry.find_damage(thorough=True) is None
    for i in range((KILLS + 1) // 2):
      found = handles.resolve(host.url(f"/m/{i}"))
      assert found.fingerprint == wanted
    resumed = sum(asked is not None for _, asked in host.requests)
  assert killed > KILLS // 2
  assert resumed > 0
  assert handles.remove_leftovers() == []
