"""What a run knows about its data: its schema, held against all that is read later."""

from hub_estimator.schemas.alike import check_alike
from hub_estimator.schemas.labels import name_classes, with_classes_of
from hub_estimator.schemas.making import make
from hub_estimator.schemas.report import (
  DataReport,
  find_other_scales,
  make_report,
)
from hub_estimator.schemas.schema import (
  Feature,
  LabelColumn,
  Schema,
  read,
  write,
)
from hub_estimator.schemas.weights import check_weights

__all__ = [
  "DataReport",
  "Feature",
  "LabelColumn",
  "Schema",
  "check_alike",
  "check_weights",
  "find_other_scales",
  "make",
  "make_report",
  "name_classes",
  "read",
  "with_classes_of",
  "write",
]
