"""Encoders: features -> head input, through one module, several, or none.

In Python each part has its gin name, too: `encoders.concat` is
`encoders.Concat`. An encoder of yours follows the Protocol
`hub_estimator.model.Encoder`.
"""

from hub_estimator.model.encoders.columns_read import columns_read
from hub_estimator.model.encoders.concatenation import Concat
from hub_estimator.model.encoders.encoder import Encoder
from hub_estimator.model.encoders.kept_outputs import holds_outputs, output_key
from hub_estimator.model.encoders.known import is_known
from hub_estimator.model.encoders.naming import Applies, sources
from hub_estimator.model.encoders.no_module import NoModule
from hub_estimator.model.encoders.pair import Towers
from hub_estimator.model.encoders.plain_features import Columns
from hub_estimator.model.encoders.tapped_outputs import Taps

columns = Columns
concat = Concat
taps = Taps
towers = Towers

__all__ = [
  "Applies",
  "Columns",
  "Concat",
  "Encoder",
  "NoModule",
  "Taps",
  "Towers",
  "columns",
  "columns_read",
  "concat",
  "holds_outputs",
  "is_known",
  "output_key",
  "sources",
  "taps",
  "towers",
]
