import shutil

import pytest

from hub_estimator.linting.files import check_assets
from hub_estimator.modules import read_module_info
from tests.linting.small_modules import lint_path, of_check

pytestmark = pytest.mark.newest


def test_unread_assets_and_large_ones_are_found(tmp_path, text):
  copy = shutil.copytree(text, tmp_path / "copy")
  (copy / "assets" / "notes.txt").write_text("x")
  assert [f.where for f in of_check(lint_path(copy), "assets")] == [
    "asset 'notes.txt'"
  ]
  large = check_assets(read_module_info(str(copy)), [], large_bytes=3)
  assert ("warning", "asset 'tokens.txt'") in [
    (f.severity, f.where) for f in large
  ]


def test_a_path_on_the_publishers_machine_is_found(shared_module, text):
  (finding,) = of_check(lint_path(shared_module("glove50_20k")), "local_paths")
  assert "'/tmp/lab/build/a/tokens.txt'" in finding.what
  assert not of_check(lint_path(text), "local_paths")


def test_documentation_may_be_in_assets_extra(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  assert of_check(lint_path(copy), "documentation")
  (copy / "assets.extra").mkdir()
  (copy / "assets.extra" / "README.md").touch()
  assert not of_check(lint_path(copy), "documentation")
