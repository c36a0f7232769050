import logging

import numpy as np
import pytest

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.runs.image_checks import Images

INT = Images({"x": inputs.FeatureSpec("int64", (2, 2))}, {"x": None})
FLOAT = Images({"x": inputs.FeatureSpec("float32", (2, 2))}, {"x": None})
ENCODED = Images({"x": inputs.FeatureSpec("string")}, {"x": None})


def test_a_run_of_another_scale_is_refused():
  INT.check_manifest({"images": INT.describe()}, "run")
  FLOAT.check_manifest({}, "run")
  for manifest in ({}, {"images": {"x": {"pixels": [0.0, 1.0]}}}):
    with pytest.raises(UserError, match=r"run was trained with pixels of 'x'"):
      INT.check_manifest(manifest, "run")


def test_a_run_from_before_pictures_were_turned_warns(caplog):
  ENCODED.check_manifest({"images": ENCODED.describe()}, "run")
  assert not caplog.records
  with caplog.at_level(logging.WARNING):
    ENCODED.check_manifest({}, "run")
  assert "wasn't turned" in caplog.text


def test_rows_are_named_and_nan_is_left_to_the_module():
  rows = np.zeros((6, 2, 2), np.float32)
  rows[1] = np.nan
  batches = [{"x": rows[:3]}, {"x": rows[3:]}]
  assert len(list(FLOAT.checked(iter(batches), "f"))) == 2
  rows[4] = -0.5
  with pytest.raises(UserError, match="f, row 5: 'x': pixels are float32"):
    list(FLOAT.checked(iter(batches), "f"))
