"""Archives unpack into their directory, or are refused."""

import bz2
import gzip
import io
import lzma
import re
import tarfile

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import archives

pytestmark = pytest.mark.newest


def _archive(tmp_path, members, compress=gzip.compress):
  buffer = io.BytesIO()
  with tarfile.open(fileobj=buffer, mode="w") as tar:
    for member, content in members:
      if isinstance(member, str):
        member = tarfile.TarInfo(member)
      member.size = len(content)
      tar.addfile(member, io.BytesIO(content))
  path = tmp_path / "a.tar"
  path.write_bytes(compress(buffer.getvalue()))
  return path


def _extract(path, tmp_path, max_bytes=1 << 20):
  return archives.extract(
    path, tmp_path / "out", source="S", max_bytes=max_bytes
  )


def _link(kind, name, target):
  member = tarfile.TarInfo(name)
  member.type, member.linkname = kind, target
  return member


@pytest.mark.parametrize(
  ("members", "told"),
  [
    ([("../escaped", b"x")], "'../escaped' lies outside"),
    ([("a/../../escaped", b"x")], "lies outside"),
    ([("/escaped", b"x")], "'/escaped' lies outside"),
    ([(_link(tarfile.SYMTYPE, "l", "/etc"), b"")], "'l' is neither a file"),
    ([(_link(tarfile.LNKTYPE, "l", "/etc/passwd"), b"")], "'l' is neither"),
    ([(_link(tarfile.FIFOTYPE, "p", ""), b"")], "'p' is neither"),
    ([(_link(tarfile.CHRTYPE, "d", ""), b"")], "'d' is neither"),
  ],
)
def test_a_member_that_leads_out_of_the_directory_is_refused(
  tmp_path, members, told
):
  with pytest.raises(UserError, match=f"^S: refused: .*{re.escape(told)}"):
    _extract(_archive(tmp_path, members), tmp_path)
  assert not (tmp_path / "escaped").exists()


def test_a_bomb_is_refused_before_it_is_written(tmp_path):
  path = _archive(tmp_path, [("zeros", bytes(8 << 20))])
  assert path.stat().st_size < 20_000
  with pytest.raises(UserError, match="refused: it unpacks to more than"):
    _extract(path, tmp_path)
  assert not (tmp_path / "out" / "zeros").exists()


@pytest.mark.parametrize("end", [40, -4])
def test_an_archive_that_is_cut_short_is_refused(tmp_path, end):
  path = _archive(tmp_path, [("saved_model.pb", bytes(range(256)) * 40)])
  path.write_bytes(path.read_bytes()[:end])
  with pytest.raises(UserError, match="S: not a tar archive, or a broken"):
    _extract(path, tmp_path)


def test_a_flipped_byte_is_found(tmp_path):
  path = _archive(tmp_path, [("saved_model.pb", bytes(range(256)) * 40)])
  content = bytearray(path.read_bytes())
  content[-6] ^= 1  # Of gzip's checksum.
  path.write_bytes(content)
  with pytest.raises(UserError, match="S: not a tar archive, or a broken"):
    _extract(path, tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8bno"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
  path = tmp_path / "a.tar"
  path.write_bytes(content)
  with pytest.raises(UserError, match="S: not a tar archive, or a broken"):
    _extract(path, tmp_path)


def test_the_root_may_be_one_folder_and_the_compression_any(tmp_path):
  for i, compress in enumerate(
    [bytes, gzip.compress, bz2.compress, lzma.compress]
  ):
    path = _archive(tmp_path, [("m/saved_model.pb", b"x")], compress)
    out = tmp_path / f"out{i}"
    root = archives.extract(path, out, source="S", max_bytes=1 << 20)
    assert root == out / "m"
