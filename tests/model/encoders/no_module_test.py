"""A run without an encoder applies no module."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.model import encoders


def test_it_applies_nothing_and_combines_nothing():
  encoder = encoders.NoModule()
  assert encoder.applications() == []
  assert encoders.sources(encoder) == {}
  with pytest.raises(UserError, match="run.encoder is missing"):
    encoder.combine([], {})
