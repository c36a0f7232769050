import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing import vectors
from tests.publishing.reading import read_all


def test_the_first_words_are_taken(tmp_path):
  (tmp_path / "v").write_text("a 1 2\nb 3 4\nbroken\n")
  found = vectors.from_file(str(tmp_path / "v"), tmp_path, max_words=2)
  assert read_all(found)[0] == ["a", "b"]


BAD = [
  ("a 1 2\nb 3\n", "line 2: expected a word and 2 numbers, not 'b 3'"),
  ("a 1 2\nb 3 x\n", "line 2: expected a word and 2 numbers"),
  ("a 1 2\nb 3 nan\n", "line 2: expected a word and 2 numbers"),
  ("a 1 2\na 3 4\n", "line 2, 'a', repeats an earlier word"),
  ("a 1 2\n 3 4\n", "line 2"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_row_is_named_or_left_out(tmp_path, caplog, text, message):
  (tmp_path / "v").write_text(text + "z 8 9\n")
  with pytest.raises(UserError, match=message):
    vectors.from_file(str(tmp_path / "v"), tmp_path)
  with caplog.at_level("WARNING", "hub_estimator"):
    found = vectors.from_file(str(tmp_path / "v"), tmp_path, bad_rows="skip")
  words, values = read_all(found)
  assert words == ["a", "z"]
  np.testing.assert_array_equal(values, [[1, 2], [8, 9]])


@pytest.mark.parametrize("text", ["", "3 2\n", "word\n"])
def test_a_file_without_vectors_is_refused(tmp_path, text):
  (tmp_path / "v").write_text(text)
  with pytest.raises(
    UserError, match="has no vectors|expected a word and its numbers"
  ):
    vectors.from_file(str(tmp_path / "v"), tmp_path)


def test_a_wrong_option_is_refused(tmp_path):
  (tmp_path / "v").write_text("a 1 2\n")
  path = str(tmp_path / "v")
  for kwargs, message in (
    ({"bad_rows": "drop"}, "bad_rows 'drop'"),
    ({"max_words": 0}, "max_words is 0"),
    ({"vocabulary": path}, "contains its words; remove the vocabulary"),
  ):
    with pytest.raises(UserError, match=message):
      vectors.from_file(path, tmp_path, **kwargs)
  with pytest.raises(UserError, match="contains no words; name its vocabulary"):
    vectors.from_file(f"{path}.npy", tmp_path)
  with pytest.raises(UserError, match="There is no file"):
    vectors.from_file(f"{path}.txt", tmp_path)
