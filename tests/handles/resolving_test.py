import hashlib
import os
import shutil
import tarfile

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import damage
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles

QUICK = Handles(retries=1, timeout_secs=2)

pytestmark = pytest.mark.usefixtures("cache")


def test_a_path_and_its_file_url_are_the_same_module(dense):
  path, url = resolve(dense), resolve(f"file://{dense}")
  assert (path.path, path.fingerprint) == (url.path, url.fingerprint)


def test_a_saved_model_differs_from_a_module(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  (copy / "tfhub_module.pb").unlink()
  assert not resolve(str(copy)).is_tf1_module
  assert resolve(dense).is_tf1_module


def test_a_damaged_module_is_refused(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  (copy / "variables" / "variables.index").unlink()
  with pytest.raises(UserError, match="copy.: variables/.*index is missing"):
    resolve(str(copy))


@pytest.mark.parametrize("handle", ["", None, 3])
def test_a_handle_is_a_string(handle):
  with pytest.raises(UserError, match="non-empty string"):
    resolve(handle)


@pytest.mark.parametrize("folder", [".", "module"])
def test_a_local_archive_is_a_module(tmp_path, dense, folder):
  path = tmp_path / "m.tar.gz"
  with tarfile.open(path, "w:gz") as tar:
    tar.add(dense, folder)
  found = resolve(str(path))
  assert found.fingerprint == fingerprint(dense)
  path.rename(tmp_path / "moved.tgz")
  assert resolve(str(tmp_path / "moved.tgz")).path == found.path


def test_a_local_archive_is_unpacked_once(tmp_path, host):
  (tmp_path / "m.tar.gz").write_bytes(host.archive)
  first = resolve(str(tmp_path / "m.tar.gz")).path
  made = os.stat(first)
  assert resolve(str(tmp_path / "m.tar.gz")).path == first
  assert os.stat(first).st_ino == made.st_ino
  assert os.stat(first).st_ctime_ns == made.st_ctime_ns
  assert damage.find_damage(first, thorough=True) is None


def test_a_local_archive_of_something_else_is_refused(tmp_path):
  (tmp_path / "x").write_text("x")
  with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as tar:
    tar.add(tmp_path / "x", "x")
  with pytest.raises(UserError, match="m.tar.gz: it holds no module: .* x$|x."):
    resolve(str(tmp_path / "m.tar.gz"))


def test_a_handle_may_state_the_checksum_of_its_archive(tmp_path, dense, host):
  right = hashlib.sha256(host.archive).hexdigest()
  (tmp_path / "m.tar.gz").write_bytes(host.archive)
  for handle in (str(tmp_path / "m.tar.gz"), host.url()):
    with pytest.raises(UserError, match="its sha256 is .* the handle says 00"):
      resolve(f"{handle}#sha256={'0' * 64}", handles=QUICK)
    found = resolve(f"{handle}#sha256={right}", handles=QUICK)
    assert found.fingerprint == fingerprint(dense)
  # In the cache under the URL alone, and known by its digest there.
  assert resolve(host.url(), handles=QUICK).path == found.path
  before = len(host.requests)
  resolve(f"{host.url()}#sha256={right}", handles=QUICK)
  assert len(host.requests) == before


def test_a_short_name_stands_for_a_handle(dense, tmp_path):
  known = Handles(names={"small": dense})
  found = resolve("small", handles=known)
  assert (found.handle, found.path) == ("small", dense)
  with pytest.raises(UserError, match="did you mean 'small'"):
    resolve("smal", handles=known)
