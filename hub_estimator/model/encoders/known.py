"""The encoders of this package, of which it is known what they read."""

from hub_estimator.model.encoders.concatenation import Concat
from hub_estimator.model.encoders.encoder import Encoder as OneModule
from hub_estimator.model.encoders.pair import Towers
from hub_estimator.model.encoders.plain_features import Columns
from hub_estimator.model.encoders.tapped_outputs import Taps
from hub_estimator.model.interface import Encoder

_KNOWN = (OneModule, Concat, Towers, Taps, Columns)


def is_known(encoder: Encoder) -> bool:
  """Returns whether an encoder and all its parts are from this package."""
  if isinstance(encoder, Concat):
    return all(is_known(part) for part in encoder.encoders)
  return type(encoder) in _KNOWN
