import pytest

from hub_estimator import config
from hub_estimator.errors import UserError


def test_a_missing_file_names_the_nearest_shipped_one():
  with pytest.raises(UserError, match=r"did you mean 'runs/quickstart.gin'\?"):
    config.parse(["runs/quikstart.gin"])


def test_a_users_folder_with_the_name_of_a_shipped_one_does_no_harm(
  tmp_path, monkeypatch
):
  (tmp_path / "runs").mkdir()
  (tmp_path / "mine.gin").write_text("include 'runs/quickstart.gin'\n")
  monkeypatch.chdir(tmp_path)
  config.parse(["mine.gin"])
  assert "MAX_STEPS" in config.text()


def test_every_shipped_config_is_listed():
  assert "base.gin" in config.shipped()
  assert "runs/quickstart.gin" in config.shipped()


def test_a_missing_file_suggests_those_beside_it(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / "run.gin").touch()
  with pytest.raises(UserError, match="did you mean 'run.gin'"):
    config.parse(["rnu.gin"])
