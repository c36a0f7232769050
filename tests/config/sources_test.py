"""The file of each binding is known, and what it says of itself."""

import pytest

from hub_estimator import config
from hub_estimator.config import sources


def test_each_binding_knows_its_file(run_gin, tmp_path):
  (tmp_path / "part.gin").write_text("tops.mlp.hidden_units = [3]\n")
  more = tmp_path / "more.gin"
  more.write_text('include "part.gin"\nMAX_STEPS = 3\nSEED = 2\n')
  config.parse([run_gin, str(more)], ["SEED = 4"])
  files = sources.current().files
  assert files["", "tops.mlp", "hidden_units"] == str(tmp_path / "part.gin")
  assert files["MAX_STEPS", "gin.macro", "value"] == str(more)
  assert files["SEED", "gin.macro", "value"] is None
  assert files["", "hub_estimator.run", "seed"].endswith("configs/base.gin")
  place = sources.current().place(("MAX_STEPS", "gin.macro", "value"))
  assert place == f"{more}, line 2"


def test_an_earlier_configs_sources_are_forgotten(run_gin):
  config.parse([run_gin], ["SEED = 4"])
  config.clear()
  assert not sources.current().files


@pytest.mark.parametrize(
  "name, has_manifest",
  [("config.gin", True), ("config.gin", False), ("my.gin", True)],
)
def test_a_runs_own_config_lies_beside_its_manifest(
  tmp_path, name, has_manifest
):
  if has_manifest:
    (tmp_path / "manifest.json").write_text("{}")
  (tmp_path / name).write_text("")
  expected = name == "config.gin" and has_manifest
  assert sources.is_runs_own(str(tmp_path / name)) == expected
