import pathlib
import subprocess
import sys

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import module_cache
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles
from hub_estimator.tensorflow_runtime import hub
from tests.handles.damaging import flip_weights
from tests.servers import hosting

QUICK = Handles(retries=1, timeout_secs=2)


def test_entries_are_listed_by_their_url(cache, text_host):
  resolve(text_host.url("/b/1"), handles=QUICK)
  resolve(text_host.url("/a/1"), handles=QUICK)
  urls = [entry.url for entry in module_cache.entries()]
  assert urls == [text_host.url("/a/1"), text_host.url("/b/1")]


@pytest.mark.parametrize("fetch", [hub.resolve, resolve])
def test_a_damaged_entry_is_fetched_again(cache, text_host, text, fetch):
  path = fetch(text_host.url())
  path = pathlib.Path(getattr(path, "path", path))
  (path / "saved_model.pb").unlink()
  found = resolve(text_host.url(), handles=QUICK)
  assert found.path == str(path)
  assert found.fingerprint == fingerprint(text)
  assert len(text_host.requests) == 2


def test_an_archive_without_a_module_is_never_cached(cache, text_host):
  import gzip
  import io
  import tarfile

  buffer = io.BytesIO()
  with tarfile.open(fileobj=buffer, mode="w") as tar:
    info = tarfile.TarInfo("readme.txt")
    tar.addfile(info, io.BytesIO())
  text_host.archive = gzip.compress(buffer.getvalue())
  with pytest.raises(
    UserError,
    match="the download holds no sound module: it holds no saved_model.pb; .* readme.txt",
  ):
    resolve(text_host.url(), handles=QUICK)
  assert module_cache.entries() == []


def test_a_cut_archive_is_never_cached(cache, text_host):
  text_host.archive = text_host.archive[:-100]
  with pytest.raises(UserError, match="not a tar archive, or a broken one"):
    resolve(text_host.url(), handles=QUICK)
  assert module_cache.entries() == []


def test_an_entry_stays_usable_after_its_host_has_lost_it(cache, text_host):
  first = resolve(text_host.url(), handles=QUICK)
  text_host.behaviour = lambda handler, number: handler.send(404)
  assert resolve(text_host.url(), handles=QUICK) == first


def test_a_damaged_entry_that_its_host_has_lost_is_left_alone(cache, text_host):
  path = pathlib.Path(resolve(text_host.url(), handles=QUICK).path)
  flip_weights(path)
  text_host.behaviour = lambda handler, number: handler.send(404)
  with pytest.raises(UserError, match="HTTP 404"):
    resolve(text_host.url(), handles=QUICK)
  assert (path / "saved_model.pb").exists()


def test_a_cache_that_cannot_be_written_is_named(
  text_host, tmp_path, monkeypatch
):
  (tmp_path / "file").touch()
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "file" / "cache"))
  with pytest.raises(UserError, match="can't be written: .*TFHUB_CACHE_DIR"):
    resolve(text_host.url(), handles=QUICK)


_MANY = """
import os, sys
from hub_estimator import handles
start = os.pipe()
pids = []
for _ in range(8):
  pid = os.fork()
  if pid == 0:
    os.read(start[0], 1)
    found = handles.resolve(sys.argv[1])
    os._exit(0 if found.fingerprint == sys.argv[2] else 3)
  pids.append(pid)
os.write(start[1], b"x" * 8)
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
sys.exit(str(codes) if any(codes) else 0)
"""


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("damaged", [False, True])
def test_eight_processes_at_once_fetch_once(cache, text_host, text, damaged):
  if damaged:
    flip_weights(pathlib.Path(resolve(text_host.url(), handles=QUICK).path))
    text_host.requests.clear()
  text_host.behaviour = lambda handler, number: handler.send_archive(
    stall_secs=0.5
  )
  subprocess.run(
    [sys.executable, "-c", _MANY, text_host.url(), fingerprint(text)],
    check=True,
    cwd=pathlib.Path(__file__).parents[2],
  )
  assert len(text_host.requests) == 1
  assert [e.find_damage(thorough=True) for e in module_cache.entries()] == [
    None
  ]


_FETCH = """
import sys
from hub_estimator import handles
from hub_estimator.errors import UserError
try:
  handles.resolve(sys.argv[1], handles=handles.Handles(retries=0))
except UserError as error:
  sys.exit(str(error))
"""


@pytest.mark.faults
@pytest.mark.slow
def test_a_full_disk_is_named_and_leaves_no_entry(
  cache, shared_module, tmp_path
):
  module = shared_module("glove50_20k")
  cache.mkdir()
  mount = f"mount -t tmpfs -o size=2m none {cache}"
  can = subprocess.run(["unshare", "-rm", "sh", "-c", mount], check=False)
  if can.returncode:
    pytest.skip("a file system of 2 MB can't be mounted here")
  with hosting(module, tmp_path) as host:
    code = f"{mount} && {sys.executable} -c '{_FETCH}' {host.url()}; ls {cache}"
    ran = subprocess.run(
      ["unshare", "-rm", "sh", "-c", code],
      check=False,
      capture_output=True,
      text=True,
      cwd=pathlib.Path(__file__).parents[2],
    )
  assert "No space left on device, 0.0 MB are free." in ran.stderr
  assert "Traceback" not in ran.stderr
  assert ran.stdout.split() == []
