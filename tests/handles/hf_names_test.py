"""Names on the Hugging Face Hub are read, and pinned by commits."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles.hf_names import HfName

pytestmark = pytest.mark.newest


@pytest.mark.parametrize(
  ("text", "name"),
  [
    ("hf://o/n", HfName("o/n", "main", "")),
    ("hf://o/n/", HfName("o/n", "main", "")),
    ("hf://o/n@v1.0", HfName("o/n", "v1.0", "")),
    ("HF://o/n@v1/a/b/", HfName("o/n", "v1", "a/b")),
    ("hf://o/n/a@b", HfName("o/n", "main", "a@b")),
    ("hf://o/n@refs%2Fpr%2F1/a", HfName("o/n", "refs/pr/1", "a")),
  ],
)
def test_a_name_has_a_revision_and_a_folder(text, name):
  assert HfName.parse(text) == name
  assert HfName.parse(str(name)) == name


@pytest.mark.parametrize(
  "text",
  [
    "hf://",
    "hf://n",
    "hf://o/n@",
    "hf://o/n@a@b",
    "hf://o/n/../m",
    "hf://o//n",
  ],
)
def test_another_text_says_how_to_write_one(text):
  with pytest.raises(UserError, match="write hf://OWNER/NAME@REVISION"):
    HfName.parse(text)


def test_only_a_commit_pins():
  assert HfName.parse(f"hf://o/n@{'a1' * 20}").is_pinned
  assert not HfName.parse(f"hf://o/n@{'a1' * 19}").is_pinned
  assert not HfName.parse("hf://o/n@main").is_pinned
