"""A directory stands for a module: its own, its newest, or a run's."""

import shutil

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve


def test_a_missing_directory_says_what_is_there(tmp_path):
  (tmp_path / "other").mkdir()
  with pytest.raises(UserError, match="doesn't exist; .* holds: other"):
    resolve(str(tmp_path / "module"))


def test_an_empty_directory_is_not_a_module(tmp_path):
  (tmp_path / "m").mkdir()
  with pytest.raises(
    UserError, match="holds no saved_model.pb; it holds: nothing"
  ):
    resolve(str(tmp_path / "m"))


def _export(root, number, module, name="module"):
  shutil.copytree(module, root / "module" / str(number) / name)
  shutil.copytree(module, root / "model" / str(number))


def test_a_run_stands_for_its_latest_module(tmp_path, dense, batch_norm):
  run = tmp_path / "run"
  _export(run / "export" / "latest", 5, dense)
  _export(run / "export" / "latest", 12, batch_norm)
  _export(run / "export" / "best", 3, dense)
  newest = str(run / "export" / "latest" / "module" / "12" / "module")
  for handle in (run, run / "export", run / "export" / "latest"):
    assert resolve(str(handle)).path == newest
  assert resolve(str(run / "export" / "best")).fingerprint == (
    fingerprint(dense)
  )


def test_a_version_without_its_model_is_not_there_yet(tmp_path, dense):
  run = tmp_path / "run"
  _export(run / "export" / "latest", 5, dense)
  shutil.copytree(dense, run / "export" / "latest" / "module" / "9" / "module")
  assert "/5/" in resolve(str(run)).path


def test_a_sweep_stands_for_its_best_module(tmp_path, dense):
  _export(tmp_path / "sweep" / "best", 5, dense)
  assert resolve(str(tmp_path / "sweep")).path.endswith("best/module/5/module")


def test_several_modules_are_listed_to_choose_from(tmp_path, dense, batch_norm):
  latest = tmp_path / "run" / "export" / "latest"
  _export(latest, 5, dense, "left")
  shutil.copytree(batch_norm, latest / "module" / "5" / "right")
  with pytest.raises(
    UserError, match="holds 2 modules; choose one: .*/left, .*/right"
  ):
    resolve(str(tmp_path / "run"))
  right = resolve(str(latest / "module" / "5" / "right"))
  assert right.fingerprint == fingerprint(batch_norm)


def test_a_run_without_modules_says_so(tmp_path, dense):
  latest = tmp_path / "run" / "export" / "latest"
  with pytest.raises(UserError, match="no saved_model.pb; it holds: check"):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint").touch()
    resolve(str(tmp_path / "run"))
  shutil.copytree(dense, latest / "model" / "5")
  with pytest.raises(UserError, match="run' has exported no module: see"):
    resolve(str(tmp_path / "run"))


def test_a_directory_of_versions_stands_for_its_newest(tmp_path, dense):
  for number in ("9", "10"):
    shutil.copytree(dense, tmp_path / "m" / number)
  assert resolve(str(tmp_path / "m")).path == str(tmp_path / "m" / "10")
