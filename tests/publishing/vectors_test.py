import gzip

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing import vectors

ROWS = np.float32([[1, 2.5], [-3e-2, 4], [5, 6]])


def _read(found):
  values = np.concatenate(list(found.read(2)))
  assert values.shape == (found.rows, found.width)
  return found.words.read_bytes().decode().split("\n")[:-1], values


@pytest.mark.parametrize("header", ["", "3 2\n"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"])
def test_text_is_read_with_and_without_a_header(
  tmp_path, header, compress, end
):
  text = header + end.join(["the 1 2.5", "ünï -3e-2 4", "x 5 6", ""])
  (tmp_path / "v").write_bytes(compress(text.encode()))
  words, values = _read(vectors.from_file(str(tmp_path / "v"), tmp_path))
  assert words == ["the", "ünï", "x"]
  np.testing.assert_array_equal(values, ROWS)


def test_a_word_may_hold_spaces(tmp_path):
  (tmp_path / "v").write_text("the 1 2.5\n. . . 3 4\n")
  words, values = _read(vectors.from_file(str(tmp_path / "v"), tmp_path))
  assert words == ["the", ". . ."]
  np.testing.assert_array_equal(values, [[1, 2.5], [3, 4]])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_is_read_with_its_vocabulary(tmp_path, dtype, order):
  np.save(tmp_path / "v.npy", np.asarray(ROWS, dtype, order=order))
  (tmp_path / "w").write_text("a\nb c\nd\n")
  words, values = _read(
    vectors.from_file(
      str(tmp_path / "v.npy"), tmp_path, vocabulary=str(tmp_path / "w")
    )
  )
  assert words == ["a", "b c", "d"]
  np.testing.assert_allclose(values, ROWS, rtol=1e-3)


def test_the_first_words_are_taken(tmp_path):
  (tmp_path / "v").write_text("a 1 2\nb 3 4\nbroken\n")
  found = vectors.from_file(str(tmp_path / "v"), tmp_path, max_words=2)
  assert _read(found)[0] == ["a", "b"]


BAD = [
  ("a 1 2\nb 3\n", "line 2: a word and 2 numbers are wanted, not 'b 3'"),
  ("a 1 2\nb 3 x\n", "line 2: a word and 2 numbers are wanted"),
  ("a 1 2\nb 3 nan\n", "line 2: a word and 2 numbers are wanted"),
  ("a 1 2\na 3 4\n", "line 2, 'a', stands there before"),
  ("a 1 2\n 3 4\n", "line 2"),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_a_bad_row_is_named_or_left_out(tmp_path, caplog, text, told):
  (tmp_path / "v").write_text(text + "z 8 9\n")
  with pytest.raises(UserError, match=told):
    vectors.from_file(str(tmp_path / "v"), tmp_path)
  with caplog.at_level("WARNING", "hub_estimator"):
    found = vectors.from_file(str(tmp_path / "v"), tmp_path, bad_rows="skip")
  words, values = _read(found)
  assert words == ["a", "z"]
  np.testing.assert_array_equal(values, [[1, 2], [8, 9]])


@pytest.mark.parametrize("text", ["", "3 2\n", "word\n"])
def test_a_file_without_vectors_is_told(tmp_path, text):
  (tmp_path / "v").write_text(text)
  with pytest.raises(UserError, match="has no vectors|its numbers are wanted"):
    vectors.from_file(str(tmp_path / "v"), tmp_path)


def test_a_cut_gzip_file_is_told(tmp_path):
  packed = gzip.compress("".join(f"w{i} 1 2\n" for i in range(999)).encode())
  (tmp_path / "v.gz").write_bytes(packed[:-200])
  with pytest.raises(UserError, match="v.gz: Compressed file ended"):
    vectors.from_file(str(tmp_path / "v.gz"), tmp_path)


@pytest.mark.parametrize(
  ("words", "told"),
  [("a\nb\n", "w has 2 words, and .* 3 rows"), ("a\nb\nc\nd\n", "has 4 words")],
)
def test_a_vocabulary_of_another_length_is_told(tmp_path, words, told):
  np.save(tmp_path / "v.npy", ROWS)
  (tmp_path / "w").write_text(words)
  with pytest.raises(UserError, match=told):
    vectors.from_file(
      str(tmp_path / "v.npy"), tmp_path, vocabulary=str(tmp_path / "w")
    )


@pytest.mark.parametrize(
  "array", [np.zeros(3), np.zeros((2, 2), int), np.zeros((2, 3, 1))]
)
def test_an_array_of_another_kind_is_told(tmp_path, array):
  np.save(tmp_path / "v.npy", array)
  (tmp_path / "w").write_text("a\nb\nc\n")
  with pytest.raises(UserError, match="not floats .words, width."):
    vectors.from_file(
      str(tmp_path / "v.npy"), tmp_path, vocabulary=str(tmp_path / "w")
    )


def test_what_was_asked_for_wrongly_is_told(tmp_path):
  (tmp_path / "v").write_text("a 1 2\n")
  path = str(tmp_path / "v")
  for kwargs, told in (
    ({"bad_rows": "drop"}, "bad_rows 'drop'"),
    ({"max_words": 0}, "max_words is 0"),
    ({"vocabulary": path}, "holds its words: drop the vocabulary"),
  ):
    with pytest.raises(UserError, match=told):
      vectors.from_file(path, tmp_path, **kwargs)
  with pytest.raises(UserError, match="holds no words: name the vocabulary"):
    vectors.from_file(f"{path}.npy", tmp_path)
  with pytest.raises(UserError, match="There is no file"):
    vectors.from_file(f"{path}.txt", tmp_path)
