"""Columns of examples on disk, written once and read by position.

Data of any size is read through them in flat memory. A store belongs to one source
and one way of reading it.
"""

from hub_estimator.stores.columns import Numbers, Strings
from hub_estimator.stores.store import Store, StoredColumn, StoreWriter, read
from hub_estimator.stores.writing import ColumnWriter, OtherType

__all__ = [
  "ColumnWriter",
  "Numbers",
  "OtherType",
  "Store",
  "StoreWriter",
  "StoredColumn",
  "Strings",
  "read",
]
