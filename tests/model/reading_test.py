"""The features that modules read are known before a graph is built."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
from hub_estimator.model import encoders, reading
from hub_estimator.modules import ModuleSource, read_module_info


def test_a_module_reads_the_features_of_its_inputs_alone(dense):
  infos = {"module": read_module_info(dense)}
  applications = encoders.Encoder(ModuleSource(dense)).applications()
  specs = {"x": FeatureSpec("float32", (4,)), "id": FeatureSpec("int64")}
  assert reading.features_read(applications, infos, specs) == {"x"}
  ((_, signature, seen),) = reading.readings(applications, infos, specs)
  assert set(signature.inputs) == {"x"} and seen == specs
  del specs["x"]
  with pytest.raises(UserError, match="'x'"):
    reading.check_features(
      applications, infos, {**specs, "y": FeatureSpec("float32", (4,))}
    )
