"""Rows of examples in files, written once and read by position.

Data of any size is read through them in flat memory. A store belongs to one source
and one way of reading it.
"""

from hub_estimator.stores.facts import NumberFacts
from hub_estimator.stores.fields import LIST, OtherType, Values, WiderType
from hub_estimator.stores.store import Store, StoredColumn, read
from hub_estimator.stores.writing import StoreWriter

__all__ = [
  "LIST",
  "NumberFacts",
  "OtherType",
  "Store",
  "StoreWriter",
  "StoredColumn",
  "Values",
  "WiderType",
  "read",
]
