import hashlib
import os

import pytest

from hub_estimator import disk


def test_a_file_is_replaced_atomically(tmp_path, monkeypatch):
  path = tmp_path / "new" / "file"
  disk.write_text(path, "first")
  assert path.read_text() == "first"

  def fail(descriptor):
    raise OSError(28, "No space left on device")

  monkeypatch.setattr(os, "fsync", fail)
  with pytest.raises(OSError, match="No space left"):
    disk.write_text(path, "second")
  assert path.read_text() == "first"
  assert os.listdir(path.parent) == ["file"]


def test_every_file_and_directory_below_is_synced(tmp_path, monkeypatch):
  (tmp_path / "a" / "b").mkdir(parents=True)
  (tmp_path / "a" / "b" / "file").write_text("x")
  synced = []
  monkeypatch.setattr(disk, "sync", synced.append)
  disk.sync_tree(tmp_path)
  assert {p.relative_to(tmp_path).as_posix() for p in synced} == {
    ".",
    "a",
    "a/b",
    "a/b/file",
  }


def test_a_checksum_is_that_of_the_content(tmp_path):
  (tmp_path / "a").write_bytes(b"abc" * 100_000)
  expected = hashlib.sha256(b"abc" * 100_000).hexdigest()
  assert disk.sha256(tmp_path / "a") == expected


def test_bytes_are_read_at_a_place_or_not_at_all(tmp_path):
  (tmp_path / "a").write_bytes(b"abcdef")
  with (tmp_path / "a").open("rb") as file:
    assert disk.read_at(file.fileno(), 2, 3) == b"cde"
    assert disk.read_at(file.fileno(), 6, 0) == b""
    with pytest.raises(OSError, match="ends before byte 8"):
      disk.read_at(file.fileno(), 4, 4)
