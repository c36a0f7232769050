import json
import os

import pytest
from PIL import Image

from hub_estimator import pictures, progress
from hub_estimator.pictures import damage
from tests.pictures.encoded import NOISE, encode

COLORS = Image.fromarray(NOISE[..., :3])


def _folder(tmp_path):
  """A PNG, a JPEG whose tables are damaged, and a text."""
  jpeg = bytearray(encode(COLORS.resize((60, 50)), "JPEG"))
  jpeg[jpeg.index(b"\xff\xc4") + 5 : jpeg.index(b"\xff\xc4") + 15] = (
    b"\xff" * 10
  )
  contents = {
    "a.png": encode(COLORS, "PNG"),
    "b.jpg": bytes(jpeg),
    "c": b"text",
  }
  for name, content in contents.items():
    (tmp_path / name).write_bytes(content)
  return [tmp_path / name for name in contents]


def test_damaged_files_are_named_with_progress(tmp_path):
  paths = _folder(tmp_path)
  steps = []
  with progress.listen(steps.append):
    found = pictures.find_damaged_files(paths, what="checking")
  assert list(found) == paths[1:]
  assert found[paths[1]].startswith("the image can't be decoded: ")
  assert "\n" not in found[paths[1]]
  assert found[paths[2]].startswith("not a JPEG")
  assert [(s.what, s.done, s.total) for s in steps] == [
    ("checking", done, 3) for done in (1, 2, 3)
  ]


def test_contents_are_checked_in_order():
  contents = [encode(COLORS, "PNG"), b"text"] * 5
  reads = [lambda content=content: content for content in contents]
  found = list(pictures.find_damage(reads, what="checking"))
  assert [problem is None for problem in found] == [True, False] * 5


def test_a_long_check_is_remembered_until_a_file_changes(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  (tmp_path / "images").mkdir()
  paths = _folder(tmp_path / "images")
  first = damage.find_damaged_files(paths, what="checking", quick_secs=0.0)
  (memory,) = (tmp_path / "cache" / "pictures").iterdir()
  assert set(json.loads(memory.read_text())) == {"1", "2"}
  steps = []
  with progress.listen(steps.append):
    assert damage.find_damaged_files(paths, what="checking") == first
    assert not steps
    paths[1].write_bytes(paths[0].read_bytes())
    os.utime(paths[1], ns=(1, 1))
    again = damage.find_damaged_files(paths, what="checking")
  assert list(again) == [paths[2]] and len(steps) == 3


@pytest.mark.slow
def test_a_memory_that_is_damaged_is_ignored(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  (tmp_path / "images").mkdir()
  paths = _folder(tmp_path / "images")
  first = damage.find_damaged_files(paths, what="checking", quick_secs=0.0)
  (memory,) = (tmp_path / "cache" / "pictures").iterdir()
  for text in ("[]", '{"9": "x"}'):
    memory.write_text(text)
    assert damage.find_damaged_files(paths, what="checking") == first


def test_a_file_that_cannot_be_read_is_named(tmp_path):
  with pytest.raises(FileNotFoundError):
    pictures.find_damaged_files([tmp_path / "gone"], what="checking")
