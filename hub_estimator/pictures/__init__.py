"""Encoded pictures: recognised by content, checked, and decoded as viewers show them.

One set of ops decodes pictures in training, prediction, `apply` and exports.
"""

from hub_estimator.pictures.damage import (
  DamageFinder,
  find_damage,
  find_damaged_files,
)
from hub_estimator.pictures.decoding import RULES, decode
from hub_estimator.pictures.formats import (
  ENDINGS,
  HEADER_BYTES,
  find_problem,
  kind_of,
)
from hub_estimator.pictures.sizes import size_of

__all__ = [
  "ENDINGS",
  "HEADER_BYTES",
  "RULES",
  "DamageFinder",
  "decode",
  "find_damage",
  "find_damaged_files",
  "find_problem",
  "kind_of",
  "size_of",
]
