"""Modules in TensorFlow's file systems; `ram://` takes the place of a bucket."""

import hashlib
import pathlib

import pytest

from hub_estimator import progress
from hub_estimator.errors import UserError
from hub_estimator.handles import buckets
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles, Limits
from hub_estimator.tensorflow_runtime import tf

pytestmark = pytest.mark.usefixtures("cache")

COVERS = ("bucket_modules",)


def _put(path: str, source: str) -> None:
  for file in pathlib.Path(source).rglob("*"):
    if file.is_file():
      target = f"{path}/{file.relative_to(source)}"
      tf.io.gfile.makedirs(target.rsplit("/", 1)[0])
      tf.io.gfile.copy(str(file), target, overwrite=True)


def test_a_bucket_is_copied_again_after_a_change(dense, batch_norm, cache):
  _put("ram://bucket/m", dense)
  found = resolve("ram://bucket/m")
  assert found.fingerprint == fingerprint(dense)
  assert pathlib.Path(found.path).is_relative_to(cache)
  descriptor = pathlib.Path(f"{found.path}.descriptor.txt")
  first = descriptor.stat().st_mtime_ns
  assert resolve("ram://bucket/m") == found
  assert descriptor.stat().st_mtime_ns == first
  tf.io.gfile.rmtree("ram://bucket/m")
  _put("ram://bucket/m", batch_norm)
  again = resolve("ram://bucket/m")
  assert again.fingerprint == fingerprint(batch_norm)
  assert resolve("ram://bucket/m", handles=Handles(offline=True)) == again


def test_a_checksum_pins_the_content_of_a_bucket(dense, batch_norm):
  _put("ram://pinned/m", dense)
  pinned = f"ram://pinned/m#sha256={fingerprint(dense)}"
  found = resolve(pinned)
  tf.io.gfile.rmtree("ram://pinned/m")
  assert resolve(pinned) == resolve(pinned, handles=Handles(offline=True))
  assert resolve(pinned) == found
  _put("ram://pinned/m", batch_norm)
  with pytest.raises(
    UserError, match=f"its sha256 is {fingerprint(batch_norm)}"
  ):
    resolve(pinned, refetch=True)


def test_an_archive_in_a_bucket_is_unpacked(dense, host):
  tf.io.gfile.makedirs("ram://bucket/archives")
  with tf.io.gfile.GFile("ram://bucket/archives/m.tar.gz", "wb") as file:
    file.write(host.archive)
  right = hashlib.sha256(host.archive).hexdigest()
  found = resolve(f"ram://bucket/archives/m.tar.gz#sha256={right}")
  assert found.fingerprint == fingerprint(dense)


def test_an_empty_bucket_is_named():
  with pytest.raises(
    UserError, match="'ram://none/m' can't be fetched: ram://none/m: NotFound"
  ):
    resolve("ram://none/m")
  with pytest.raises(
    UserError, match="can't be fetched: ram://none/m.tar.gz: "
  ):
    resolve("ram://none/m.tar.gz")


def test_a_file_system_that_tensorflow_lacks_is_named():
  with pytest.raises(
    UserError, match="can't be fetched: nofs://m: .*tensorflow-io"
  ):
    resolve("nofs://m")


def test_a_copy_reports_its_bytes_and_logs_its_end(dense, tmp_path, caplog):
  caplog.set_level("INFO", logger="hub_estimator")
  _put("ram://reported/m", dense)
  reports = []
  with progress.listen(reports.append):
    buckets.copy_directory("ram://reported/m", tmp_path / "m", limits=Limits())
  assert fingerprint(tmp_path / "m") == fingerprint(dense)
  assert {report.what for report in reports} == {"copying ram://reported/m"}
  assert reports[-1].done == reports[-1].total > 0
  assert caplog.messages[0] == "Copying ram://reported/m"
  assert caplog.messages[-1].startswith("Copied ram://reported/m: 0.0 MB in ")


def test_too_large_a_directory_is_refused_before_it_is_copied(dense, tmp_path):
  _put("ram://large/m", dense)
  with pytest.raises(UserError, match="ram://large/m: larger than .*max_gib"):
    buckets.copy_directory(
      "ram://large/m", tmp_path / "m", limits=Limits(max_bytes=10)
    )
  assert not (tmp_path / "m").exists()
