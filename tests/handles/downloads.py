"""One download from a test host, with its result checked."""

import hashlib

from hub_estimator.handles import downloading
from hub_estimator.handles.settings import Limits

QUICK = Limits(timeout_secs=1, retries=2, max_bytes=1 << 20)


def download_from(host, tmp_path, waits, **kwargs):
  """Downloads the archive of a host; the waits between attempts are appended."""
  target = tmp_path / "archive"
  kwargs = {"limits": QUICK, **kwargs}
  digest = downloading.download(
    host.url(), target, sleep=waits.append, **kwargs
  )
  assert target.read_bytes() == host.archive
  assert digest == hashlib.sha256(host.archive).hexdigest()
  assert not (tmp_path / "archive.json").exists()
