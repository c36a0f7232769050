"""Kept outputs are features with names of their own."""

from hub_estimator.model import encoders


def test_features_with_an_output_hold_outputs():
  assert encoders.holds_outputs({encoders.output_key(0): None, "a": None})
  assert not encoders.holds_outputs({"a": None})


def test_each_application_has_its_feature():
  assert encoders.output_key(0) != encoders.output_key(1)
