"""What people have in place of a module is said as such, with the fix."""

import shutil
import tarfile
import zipfile

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import file_kinds, resolve

pytestmark = pytest.mark.newest

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
PAGE = b"<!DOCTYPE html><html><title>m</title></html>"


@pytest.fixture
def module(text, tmp_path):
  """A copy of a module with variables and an asset, free to be damaged."""
  return shutil.copytree(text, tmp_path / "m")


def _data(module):
  return next((module / "variables").glob("*.data-*"))


@pytest.mark.parametrize(
  "file", ["saved_model.pb", "variables/variables.index", "assets/tokens.txt"]
)
def test_a_git_lfs_pointer_is_told(module, file):
  (module / file).write_bytes(POINTER)
  with pytest.raises(UserError, match=f"{file} is a Git LFS pointer.*git lfs"):
    resolve(str(module))


def test_a_pointer_in_place_of_weights_is_told(module):
  _data(module).write_bytes(POINTER)
  with pytest.raises(UserError, match="data-00000-of-00001 is a Git LFS poi"):
    resolve(str(module))


@pytest.mark.parametrize(
  "file", ["saved_model.pb", "variables/variables.index"]
)
def test_a_web_page_is_told(module, file):
  (module / file).write_bytes(PAGE)
  with pytest.raises(UserError, match=f"{file} is a web page: download"):
    resolve(str(module))


def test_a_module_without_its_variables_is_told(module):
  shutil.rmtree(module / "variables")
  with pytest.raises(
    UserError, match=r"index is missing: copy the module's folder variables/"
  ):
    resolve(str(module))


def _write_zip(module, path):
  with zipfile.ZipFile(path, "w") as archive:
    archive.write(module / "saved_model.pb", "saved_model.pb")


@pytest.mark.parametrize("name", ["m.zip", "m.tar.gz", "m"])
def test_a_zip_is_told_by_any_name(module, tmp_path, name):
  path = tmp_path / "given" / name
  path.parent.mkdir()
  _write_zip(module, path)
  with pytest.raises(UserError, match="is a zip archive: unpack it"):
    resolve(str(path))


@pytest.mark.parametrize("content", [POINTER, PAGE])
def test_an_archive_that_is_none_is_told(tmp_path, content):
  path = tmp_path / "m.tar.gz"
  path.write_bytes(content)
  with pytest.raises(UserError, match=r"m.tar.gz is a (Git LFS|web page)"):
    resolve(str(path))


def test_a_tar_without_its_ending_and_one_inside_a_folder_are_told(
  module, tmp_path
):
  folder = tmp_path / "folder"
  folder.mkdir()
  with tarfile.open(folder / "m.tar", "w") as archive:
    archive.add(module, ".")
  with pytest.raises(UserError, match=r"give it as the handle: .*m\.tar"):
    resolve(str(folder))
  (folder / "m.tar").rename(tmp_path / "bare")
  with pytest.raises(UserError, match=r"is a tar archive: rename it"):
    resolve(str(tmp_path / "bare"))


def test_assets_may_be_pages_and_archives(module):
  (module / "assets" / "tokens.txt").write_bytes(PAGE)
  resolve(str(module))
  assert file_kinds.mistaken(module / "saved_model.pb") is None
