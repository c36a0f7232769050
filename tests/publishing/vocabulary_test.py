import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing.vocabulary import VocabularyWriter

BAD = [
  (b"", "Word 1 is '': empty"),
  (b"b\n", "Word 1 is 'b\\\\n': empty, or it contains a line break"),
  (b"a", "Word 1, 'a', repeats an earlier word"),
]


@pytest.mark.parametrize(("word", "message"), BAD)
def test_a_bad_word_is_refused_or_counted(tmp_path, word, message):
  with VocabularyWriter(tmp_path / "w") as words:
    assert words.add(b"a", "Word 0")
    with pytest.raises(UserError, match=message):
      words.add(word, "Word 1")
  with VocabularyWriter(tmp_path / "w", skip=True) as words:
    assert words.add(b"a", "Word 0")
    assert not words.add(word, "Word 1")
    assert words.add(b"z", "Word 2")
  assert (words.count, words.refused) == (2, 1)
  assert words.first_refusal.startswith("Word 1")
  assert (tmp_path / "w").read_bytes() == b"a\nz\n"
