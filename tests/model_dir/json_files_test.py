import os

import pytest

from hub_estimator.errors import UserError
from hub_estimator.model_dir import json_files


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
  path = tmp_path / "a.json"
  json_files.write_json(path, {"a": 1})

  def full(descriptor):
    raise OSError(28, "No space left on device")

  monkeypatch.setattr(os, "fsync", full)
  with pytest.raises(OSError, match="No space"):
    json_files.write_json(path, {"a": 2})
  assert json_files.read_json(path) == {"a": 1}
  assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize(
  ("content", "told"),
  [("{", "can't be read"), ("[1]", "doesn't hold a JSON object")],
)
def test_a_file_of_another_kind_is_named(tmp_path, content, told):
  path = tmp_path / "a.json"
  path.write_text(content)
  with pytest.raises(UserError, match=f"a.json {told}"):
    json_files.read_json(path)
