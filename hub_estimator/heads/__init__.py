"""tf.estimator's heads, registered with gin under `heads`."""

from hub_estimator.heads.heads import (
  Binary,
  LogisticRegression,
  Multi,
  MultiClass,
  MultiLabel,
  PoissonRegression,
  Regression,
  build_class_ids,
  class_ids,
  is_known,
  logits_dimensions,
  weight_columns,
  without_vocabulary,
)

__all__ = [
  "Binary",
  "LogisticRegression",
  "Multi",
  "MultiClass",
  "MultiLabel",
  "PoissonRegression",
  "Regression",
  "build_class_ids",
  "class_ids",
  "is_known",
  "logits_dimensions",
  "weight_columns",
  "without_vocabulary",
]
