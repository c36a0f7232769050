import os
import subprocess
import sys

import pytest

from hub_estimator.errors import UserError
from hub_estimator.model_dir import versions


def _publish(base, number, modules=True):
  for half in ("model", "module"):
    (base / versions.STAGING / half).mkdir(parents=True)
    (base / versions.STAGING / half / "file").write_text(str(number))
  return versions.publish(
    base,
    number,
    model=base / versions.STAGING / "model",
    modules=base / versions.STAGING / "module" if modules else None,
  )


def test_a_version_is_found_once_both_halves_are_there(tmp_path):
  assert versions.numbers(tmp_path) == []
  version = _publish(tmp_path, 7)
  assert versions.numbers(tmp_path) == [7]
  assert versions.find(tmp_path, 7) == version
  assert (version.model / "file").read_text() == "7"
  with pytest.raises(UserError, match="has no version 8; it has: 7"):
    versions.find(tmp_path, 8)


def test_modules_without_their_model_are_leftovers(tmp_path):
  _publish(tmp_path, 7)
  (tmp_path / "module" / "8").mkdir()
  (tmp_path / versions.STAGING / "model").mkdir(parents=True, exist_ok=True)
  assert versions.numbers(tmp_path) == [7]
  versions.remove_leftovers(tmp_path)
  assert sorted(os.listdir(tmp_path)) == ["model", "module"]
  assert os.listdir(tmp_path / "module") == ["7"]


def test_the_newest_stay_and_a_pinned_one_too(tmp_path):
  for number in range(1, 6):
    _publish(tmp_path, number)
  with versions.pinned(tmp_path, 2) as version:
    assert versions.keep_newest(tmp_path, 2) == [1, 3]
    assert (version.model / "file").exists()
    assert versions.numbers(tmp_path) == [2, 4, 5]
  assert versions.keep_newest(tmp_path, 2) == [2]
  assert sorted(os.listdir(tmp_path / "module")) == ["4", "5"]


@pytest.mark.slow
def test_a_pin_of_a_dead_process_is_lifted(tmp_path):
  for number in (1, 2):
    _publish(tmp_path, number)
  code = (
    "import pathlib, sys, time\n"
    "from hub_estimator.model_dir import versions\n"
    "with versions.pinned(pathlib.Path(sys.argv[1]), 1):\n"
    "  print('pinned', flush=True)\n"
    "  time.sleep(60)\n"
  )
  reader = subprocess.Popen(
    [sys.executable, "-c", code, str(tmp_path)],
    stdout=subprocess.PIPE,
    text=True,
  )
  assert reader.stdout.readline() == "pinned\n"
  assert versions.keep_newest(tmp_path, 1) == []
  reader.kill()
  reader.wait()
  assert versions.keep_newest(tmp_path, 1) == [1]


def test_versions_without_modules(tmp_path):
  version = _publish(tmp_path, 1, modules=False)
  assert version.modules is None
  assert versions.find(tmp_path, 1) == version


def test_foreign_files_are_no_versions(tmp_path):
  _publish(tmp_path, 1)
  (tmp_path / "model" / "temp-5").mkdir()
  (tmp_path / "model" / "README").touch()
  assert versions.numbers(tmp_path) == [1]
