import pytest

import hub_estimator.experiments  # noqa: F401  Registers the parts.
import hub_estimator.publishing  # noqa: F401  Before gin is locked.
from hub_estimator import config
from hub_estimator.modules import inspecting, read_module_info


@pytest.mark.parametrize("name", ["glove50_20k", "dm21_DM21"])
def test_the_run_config_builds_a_run(shared_module, name, tmp_path):
  info = read_module_info(shared_module(name))
  path = tmp_path / "run.gin"
  path.write_text(inspecting.to_gin(info))
  config.parse([str(path)])
  experiment = config.build("run")
  assert experiment.encoder.module.handle == info.handle
  signature = info.signature(experiment.encoder.module.signature)
  if experiment.encoder.adapter.inputs:
    assert set(experiment.encoder.adapter.inputs) == set(signature.inputs)
