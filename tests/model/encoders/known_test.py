"""Encoders of this package are known with all of their parts."""

import dataclasses

from hub_estimator.model import encoders
from hub_estimator.modules import ModuleSource


@dataclasses.dataclass(frozen=True)
class _Own(encoders.Encoder):
  pass


def test_an_encoder_is_known_if_all_of_its_parts_are(dense):
  known = encoders.Encoder(ModuleSource(dense))
  assert encoders.is_known(encoders.Concat([known, known]))
  own = _Own(ModuleSource(dense))
  assert not encoders.is_known(encoders.Concat([known, own]))
  assert not encoders.is_known(encoders.NoModule())
