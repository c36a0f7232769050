import os

import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing.staging import new_directory


def _make(scratch, content="x"):
  (scratch / "module").mkdir()
  (scratch / "module" / "file").write_text(content)
  (scratch / "module" / "saved_model.pb").touch()


def test_it_appears_with_its_parents(tmp_path):
  with new_directory(tmp_path / "a" / "b") as scratch:
    _make(scratch)
    assert not (tmp_path / "a" / "b").exists()
  assert (tmp_path / "a" / "b" / "file").read_text() == "x"
  assert os.listdir(tmp_path / "a") == ["b"]


def test_a_failure_leaves_nothing(tmp_path):
  with pytest.raises(RuntimeError, match="midway"):
    with new_directory(tmp_path / "m") as scratch:
      _make(scratch)
      raise RuntimeError("midway")
  assert os.listdir(tmp_path) == []


def test_an_existing_directory_is_left_alone(tmp_path):
  with pytest.raises(UserError, match="exists; choose a new directory"):
    with new_directory(tmp_path):
      pass


def test_a_directory_made_meanwhile_is_left_alone(tmp_path):
  with pytest.raises(UserError, match="can't be created: .*not empty"):
    with new_directory(tmp_path / "m") as scratch:
      _make(scratch)
      (tmp_path / "m").mkdir()
      (tmp_path / "m" / "theirs").touch()
  assert os.listdir(tmp_path) == ["m"]
  assert os.listdir(tmp_path / "m") == ["theirs"]


def test_a_path_below_a_file_is_refused(tmp_path):
  (tmp_path / "file").touch()
  with pytest.raises(UserError, match="can't be created: "):
    with new_directory(tmp_path / "file" / "m"):
      pass
