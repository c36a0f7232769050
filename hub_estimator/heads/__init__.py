"""Heads: tf.estimator's, as values that check labels and build the loss.

In Python each part has its gin name, too: `heads.binary` is `heads.Binary`. A
head of yours follows the Protocol `Head`.
"""

from hub_estimator.heads.any_labels import AnyLabels
from hub_estimator.heads.classifiers import Binary, MultiClass
from hub_estimator.heads.completing import (
  classes_wanted,
  has_classes,
  with_classes,
)
from hub_estimator.heads.interface import Head, Labels, NamedHead
from hub_estimator.heads.label_ids import (
  build_class_ids,
  class_ids,
  vocabulary_of,
  with_ids,
  without_vocabulary,
)
from hub_estimator.heads.multi_head import Multi
from hub_estimator.heads.multi_label import MultiLabel, encode_labels
from hub_estimator.heads.regressors import (
  LogisticRegression,
  PoissonRegression,
  Regression,
)
from hub_estimator.heads.sequence import (
  Sequence,
  label_counts,
  label_values,
  labels_tokens,
)
from hub_estimator.heads.token_head import LENGTH, TOKENS_READ, TokenHead
from hub_estimator.heads.traits import (
  built_parts,
  is_known,
  logits_dimensions,
  needs_labels,
  weight_columns,
)

binary = Binary
logistic_regression = LogisticRegression
multi = Multi
multi_class = MultiClass
multi_label = MultiLabel
poisson_regression = PoissonRegression
regression = Regression
sequence = Sequence

__all__ = [
  "AnyLabels",
  "Binary",
  "Head",
  "LENGTH",
  "Labels",
  "LogisticRegression",
  "Multi",
  "MultiClass",
  "MultiLabel",
  "NamedHead",
  "PoissonRegression",
  "Regression",
  "Sequence",
  "TOKENS_READ",
  "TokenHead",
  "binary",
  "build_class_ids",
  "built_parts",
  "class_ids",
  "classes_wanted",
  "encode_labels",
  "has_classes",
  "is_known",
  "label_counts",
  "label_values",
  "labels_tokens",
  "logistic_regression",
  "logits_dimensions",
  "multi",
  "multi_class",
  "multi_label",
  "needs_labels",
  "poisson_regression",
  "regression",
  "sequence",
  "vocabulary_of",
  "weight_columns",
  "with_classes",
  "with_ids",
  "without_vocabulary",
]
