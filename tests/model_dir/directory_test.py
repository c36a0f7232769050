"""Directories that one process holds."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.model_dir import InUse, check_writable, directory, hold


def test_a_held_directory_is_refused_by_its_kind_and_free_afterwards(tmp_path):
  path = tmp_path / "sweep"
  assert not directory.is_held(path, lock=".lock")
  with hold(path, "sweep_dir", lock=".lock"):
    assert directory.is_held(path, lock=".lock")
    assert not directory.is_held(path, lock=".other")
    with pytest.raises(InUse, match="^sweep_dir .* another sweep_dir"):
      with hold(path, "sweep_dir", lock=".lock"):
        pass
    with hold(path, "sweep_dir", lock=".other"):
      pass
  assert not directory.is_held(path, lock=".lock")


def test_a_directory_that_cannot_be_made_is_called_by_its_kind(tmp_path):
  (tmp_path / "file").touch()
  with pytest.raises(UserError, match="^sweep_dir .* can't be made"):
    check_writable(tmp_path / "file/sweep", "sweep_dir")
  check_writable(tmp_path / "a/b", "sweep_dir")
  assert [p.name for p in tmp_path.iterdir()] == ["file"]
