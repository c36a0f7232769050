import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import module_cache, module_files
from hub_estimator.handles.resolving import Handles, resolve
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
  assert found.fingerprint == module_files.fingerprint(text)
  (entry,) = module_cache.entries()
  assert (entry.url, entry.fingerprint) == (host.url(), None)


@pytest.mark.parametrize("fetch", [hub.resolve, resolve])
def test_a_damaged_entry_is_fetched_again(cache, host, text, fetch):
  path = fetch(host.url())
  path = pathlib.Path(getattr(path, "path", path))
  (path / "saved_model.pb").unlink()
  found = resolve(host.url(), handles=QUICK)
  assert found.path == str(path)
  assert found.fingerprint == module_files.fingerprint(text)
  assert len(host.requests) == 2


def test_a_flipped_byte_in_what_we_fetched_is_seen_at_once(cache, host, text):
  path = pathlib.Path(resolve(host.url(), handles=QUICK).path)
  _flip(path)
  found = resolve(host.url(), handles=QUICK)
  assert found.fingerprint == module_files.fingerprint(text)


def test_a_thorough_look_finds_flipped_bytes_of_others(cache, host):
  path = pathlib.Path(hub.resolve(host.url()))
  (entry,) = module_cache.entries()
  assert entry.find_damage(thorough=True) is None
  _flip(path)
  assert entry.find_damage() is None
  assert "hecksum" in entry.find_damage(thorough=True)


def test_what_is_no_module_is_never_cached(cache, host):
  import gzip
  import io
  import tarfile

  buffer = io.BytesIO()
  with tarfile.open(fileobj=buffer, mode="w") as tar:
    info = tarfile.TarInfo("readme.txt")
    tar.addfile(info, io.BytesIO())
  host.archive = gzip.compress(buffer.getvalue())
  with pytest.raises(
    UserError, match="no module came: it holds no saved_model.pb; .* readme.txt"
  ):
    resolve(host.url(), handles=QUICK)
  assert module_cache.entries() == []


def test_a_cut_archive_is_never_cached(cache, host):
  host.archive = host.archive[:-100]
  with pytest.raises(UserError, match="no tar archive, or a broken one"):
    resolve(host.url(), handles=QUICK)
  assert module_cache.entries() == []


def test_an_entry_that_is_gone_from_its_host_stays_usable(cache, host):
  first = resolve(host.url(), handles=QUICK)
  host.behaviour = lambda handler, number: handler.send(404)
  assert resolve(host.url(), handles=QUICK) == first


def test_what_is_damaged_and_gone_from_its_host_is_left_as_it_is(cache, host):
  path = pathlib.Path(resolve(host.url(), handles=QUICK).path)
  _flip(path)
  host.behaviour = lambda handler, number: handler.send(404)
  with pytest.raises(UserError, match="HTTP 404"):
    resolve(host.url(), handles=QUICK)
  assert (path / "saved_model.pb").exists()


def test_leftovers_are_those_of_downloads_that_ended(cache, host):
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
  assert module_cache.leftovers() == sorted([old, lock, mine])
  assert module_cache.remove_leftovers() == sorted([old, lock, mine])
  assert module_cache.leftovers() == []
  assert new.exists()


def test_a_cache_that_cannot_be_written_is_one_line(
  host, tmp_path, monkeypatch
):
  (tmp_path / "file").touch()
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "file" / "cache"))
  with pytest.raises(UserError, match="can't be written: .*TFHUB_CACHE_DIR"):
    resolve(host.url(), handles=QUICK)


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


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [False, True])
def test_eight_processes_at_once_fetch_once(cache, host, text, damaged):
  if damaged:
    _flip(pathlib.Path(resolve(host.url(), handles=QUICK).path))
    host.requests.clear()
  host.behaviour = lambda handler, number: handler.send_archive(stall_secs=0.5)
  subprocess.run(
    [sys.executable, "-c", _MANY, host.url(), module_files.fingerprint(text)],
    check=True,
    cwd=pathlib.Path(__file__).parent.parent,
  )
  assert len(host.requests) == 1
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


@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_nothing_that_counts(
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
      cwd=pathlib.Path(__file__).parent.parent,
    )
  assert "No space left on device, 0.0 MB are free." in ran.stderr
  assert "Traceback" not in ran.stderr
  assert ran.stdout.split() == []


def test_the_place_of_a_copy_is_made_once(cache, text):
  made = []

  def make(directory):
    made.append(directory)
    return pathlib.Path(shutil.copytree(text, directory / "m"))

  first = module_cache.put_copy("key", make)
  assert module_cache.put_copy("key", make) == first
  assert len(made) == 1
  assert module_files.find_damage(first) is None
