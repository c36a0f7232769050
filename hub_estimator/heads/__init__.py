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
from hub_estimator.heads.encoding import encode_labels
from hub_estimator.heads.interface import Head, Labels, NamedHead
from hub_estimator.heads.label_ids import (
  build_class_ids,
  class_ids,
  vocabulary_of,
  with_ids,
  without_vocabulary,
)
from hub_estimator.heads.multi_head import Multi
from hub_estimator.heads.multi_label import MultiLabel
from hub_estimator.heads.regressors import (
  LogisticRegression,
  PoissonRegression,
  Regression,
)
from hub_estimator.heads.sequence import Sequence, label_values
from hub_estimator.heads.span import Span
from hub_estimator.heads.token_features import LENGTH, TOKENS_READ, WORDS
from hub_estimator.heads.token_head import TokenHead
from hub_estimator.heads.token_labels import (
  check_lengths,
  labels_tokens,
  reads_tokens,
)
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
span = Span

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
  "Span",
  "TOKENS_READ",
  "TokenHead",
  "WORDS",
  "binary",
  "build_class_ids",
  "built_parts",
  "check_lengths",
  "class_ids",
  "classes_wanted",
  "encode_labels",
  "has_classes",
  "is_known",
  "label_values",
  "labels_tokens",
  "logistic_regression",
  "logits_dimensions",
  "multi",
  "multi_class",
  "multi_label",
  "needs_labels",
  "poisson_regression",
  "reads_tokens",
  "regression",
  "sequence",
  "span",
  "vocabulary_of",
  "weight_columns",
  "with_classes",
  "with_ids",
  "without_vocabulary",
]
