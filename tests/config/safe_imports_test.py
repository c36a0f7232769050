import sys

import pytest

from hub_estimator import config
from hub_estimator.errors import UserError


@pytest.mark.parametrize(
  "text",
  [
    "import antigravity_of_mine",
    "import os",
    "from os import path",
    "import os as hub_estimator",
    "from __gin__ import dynamic_registration\nimport os",
    "include 'inner.gin'",
  ],
)
def test_a_strangers_config_imports_nothing_of_its_own(
  tmp_path, monkeypatch, text
):
  (tmp_path / "antigravity_of_mine.py").write_text("raise SystemExit('ran')\n")
  (tmp_path / "inner.gin").write_text("import antigravity_of_mine\n")
  (tmp_path / "run.gin").write_text(f"{text}\n")
  monkeypatch.chdir(tmp_path)
  monkeypatch.setenv("HUB_ESTIMATOR_SAFE", "1")
  with pytest.raises(
    UserError, match="isn't allowed with --safe; a config may"
  ):
    config.parse(["run.gin"])
  with pytest.raises(UserError, match="isn't allowed with --safe"):
    config.parse([], ["import os"])


def test_a_shipped_config_and_the_sites_own_are_safe(tmp_path, monkeypatch):
  (tmp_path / "parts_of_ours.py").write_text("")
  (tmp_path / "site.gin").write_text("import parts_of_ours\n")
  monkeypatch.syspath_prepend(tmp_path)
  monkeypatch.setenv("HUB_ESTIMATOR_GIN", str(tmp_path / "site.gin"))
  monkeypatch.setenv("HUB_ESTIMATOR_SAFE", "1")
  config.parse(["runs/quickstart.gin"])


def test_a_file_beside_a_strangers_config_replaces_no_module(
  tmp_path, monkeypatch
):
  """Not even that of an allowed module that isn't installed."""
  (tmp_path / "tensorflow_text.py").write_text("raise SystemExit('ran')\n")
  (tmp_path / "run.gin").write_text("import tensorflow_text\n")
  monkeypatch.setenv("HUB_ESTIMATOR_SAFE", "1")
  monkeypatch.setitem(sys.modules, "tensorflow_text", None)
  with pytest.raises(UserError, match="tensorflow_text"):
    config.parse([str(tmp_path / "run.gin")])
  assert str(tmp_path) not in sys.path
