import pytest

from hub_estimator import word_files
from hub_estimator.errors import UserError

WORDS = ["red", "green", "", "blue"]


@pytest.mark.parametrize(
  "content",
  [
    b"red\ngreen\n\nblue\n",
    b"\xef\xbb\xbfred\ngreen\n\nblue",
    b"red\r\ngreen\r\n\r\nblue\r\n\r\n",
    b"red \ngreen\t\n \nblue\n",
  ],
)
def test_words_are_read_as_they_are_meant(tmp_path, content):
  path = tmp_path / "words"
  path.write_bytes(content)
  assert word_files.read_words(str(path), "it") == WORDS


def test_only_a_line_feed_ends_a_line(tmp_path):
  path = tmp_path / "words"
  path.write_bytes("a\u2028b\x0bc\nd\n".encode())
  assert word_files.read_words(str(path), "it") == ["a\u2028b\x0bc", "d"]


def test_a_file_that_tensorflow_reads_alike_is_left_to_it(tmp_path):
  path = tmp_path / "words"
  path.write_bytes(b"red\ngreen\n")
  assert word_files.read_first_lines(str(path), "it") is None
  path.write_bytes(b"\xef\xbb\xbfred\r\ngreen\r\n")
  assert word_files.read_first_lines(str(path), "it") == {"red": 0, "green": 1}


def test_repeated_lines_are_reported_and_the_first_counts(tmp_path, caplog):
  path = tmp_path / "words"
  path.write_bytes(b"a\nb\na\nc\nb\n")
  assert word_files.read_first_lines(str(path), "it") == {
    "a": 0,
    "b": 1,
    "c": 3,
  }
  assert "'a' of line 1 comes again in line 3 (2 repeated lines)" in caplog.text


def test_a_file_that_is_missing_or_binary_is_named(tmp_path):
  with pytest.raises(UserError, match="it '.*none': .*No such file"):
    word_files.read_words(str(tmp_path / "none"), "it")
  (tmp_path / "b").write_bytes(b"\xff\xfe")
  with pytest.raises(UserError, match="it '.*b': 'utf-8' codec"):
    word_files.read_words(str(tmp_path / "b"), "it")
