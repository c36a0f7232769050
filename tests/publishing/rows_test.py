import gzip

import pytest

from hub_estimator.publishing import rows


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_file_is_decompressed_by_its_content(tmp_path, compress):
  (tmp_path / "file").write_bytes(compress(b"a\nb\n"))
  with rows.open_file(str(tmp_path / "file")) as file:
    assert list(file) == [b"a\n", b"b\n"]


def test_bytes_that_are_no_text_can_be_shown():
  assert rows.shown("ünï".encode()) == "ünï"
  assert rows.shown(b"\xff") == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path, compress):
  path = tmp_path / "words"
  path.write_bytes(compress(b"\xef\xbb\xbfred\nblue\n"))
  with rows.open_file(str(path)) as file:
    assert file.read() == b"red\nblue\n"
