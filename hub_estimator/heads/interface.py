"""The contract of a head: loss, metrics and predictions from logits and labels.

A head of yours is any object with the methods of `Head`. One that serves as a
part of `heads.multi` follows `NamedHead`.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from hub_estimator.tensorflow_runtime import estimator

# One array [examples, ...], or one for each head of `heads.multi`.
Labels = np.ndarray | Mapping[str, np.ndarray]


class Head(Protocol):
  """Describes a `tf.estimator.Head` and checks labels before it is built.

  Other parts of a run read these attributes if a head has them:

    * `weight_column`: the feature that holds example weights. It is passed to
      the head, but not to modules or exported models.
    * `label_vocabulary`, of a dataclass: labels as strings, in class order, or
      the path of a file with one label per line. `n_classes` is their number;
      without that attribute it is 2.
  """

  def build(self) -> estimator.Head:
    """Returns a new head. It may add ops to the current graph."""

  def check_labels(self, labels: Labels) -> None:
    """Checks the labels of a whole input, before training starts.

    Args:
      labels: array [examples, ...], strings as objects of `bytes`; several
        label columns come as arrays by name.

    Raises:
      UserError: the head can't learn from these labels.
    """


class NamedHead(Head, Protocol):
  """Describes a head that can be a part of `heads.multi`."""

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a new head.

    Args:
      name: prefixes the head's metrics and predictions; None if it is the
        only head.
    """
