"""Inputs that hold some rows of another input, or rows of rare classes more often."""

import dataclasses
from collections.abc import Mapping

import gin
import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs.interface import Examples, Input
from hub_estimator.inputs.rearranging import select


@gin.register("sample", module="inputs")
@dataclasses.dataclass(frozen=True)
class Sample:
  """A fixed number of an input's examples, the same ones for the same seed.

  Attributes:
    source: the input.
    examples: the number of examples to choose.
    seed: for the choice.
  """

  source: Input
  examples: int
  seed: int = 1

  def read(self) -> Examples:
    """Returns the chosen examples, in the source's order.

    Raises:
      UserError: the source has fewer.
    """
    read = self.source.read()
    if not 0 < self.examples <= len(read):
      raise UserError(
        f"sample.examples is {self.examples}, and {read.source} has {len(read)}."
      )
    chosen = np.random.default_rng(self.seed).permutation(len(read))
    return select(
      read,
      np.sort(chosen[: self.examples]),
      f"{self.examples} of {read.source}",
    )


@gin.register("balance", module="inputs")
@dataclasses.dataclass(frozen=True)
class Balance:
  """All examples of an input, those of rare classes repeated.

  Every class comes as often as the most frequent one. Use it for training only:
  in evaluation, metrics would describe another distribution.

  Attributes:
    source: the input, with one label a row.
  """

  source: Input

  def read(self) -> Examples:
    """Returns the examples, class by class.

    Raises:
      UserError: the source doesn't have one label a row.
    """
    read = self.source.read()
    if read.labels is None or isinstance(read.labels, Mapping):
      raise UserError(
        f"inputs.balance needs one column of labels from {read.source}."
      )
    labels = np.asarray(read.labels[:])
    if labels.ndim != 1:
      raise UserError(
        f"inputs.balance needs one label a row from {read.source}, and they have "
        f"the shape {list(labels.shape)}."
      )
    classes, counts = np.unique(labels, return_counts=True)
    rows = [
      np.resize(np.flatnonzero(labels == name), counts.max())
      for name in classes
    ]
    return select(read, np.concatenate(rows), f"{read.source}, balanced")
