"""Inputs made of other inputs: some of their examples, or several together."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs.columns import Chained, Selected
from hub_estimator.inputs.interface import Examples, Input


@gin.register("sample", module="inputs")
@dataclasses.dataclass(frozen=True)
class Sample:
  """A fixed number of an input's examples, the same for the same seed.

  Attributes:
    source: the input.
    examples: how many.
    seed: of the choice.
  """

  source: Input
  examples: int
  seed: int = 1

  def read(self) -> Examples:
    """Returns the examples.

    Raises:
      UserError: the source has fewer.
    """
    read = self.source.read()
    if not 0 < self.examples <= len(read):
      raise UserError(
        f"sample.examples is {self.examples}, and {read.source} has {len(read)}."
      )
    chosen = np.random.default_rng(self.seed).permutation(len(read))
    return _select(
      read,
      np.sort(chosen[: self.examples]),
      f"{self.examples} of {read.source}",
    )


@gin.register("balance", module="inputs")
@dataclasses.dataclass(frozen=True)
class Balance:
  """All examples of an input, those of rarer classes more often.

  Every class comes as often as the most frequent one. For training: evaluated on
  it, metrics would be those of another distribution.

  Attributes:
    source: the input; one label a row.
  """

  source: Input

  def read(self) -> Examples:
    """Returns the examples.

    Raises:
      UserError: there isn't one label a row.
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
    return _select(read, np.concatenate(rows), f"{read.source}, balanced")


@gin.register("mix", module="inputs")
@dataclasses.dataclass(frozen=True)
class Mix:
  """Several inputs of the same features, shuffled together.

  An epoch has every example of every input at least once; inputs with more weight
  than size are repeated.

  Attributes:
    sources: the inputs.
    weights: of their shares in an epoch; None takes their sizes.
  """

  sources: Sequence[Input]
  weights: Sequence[float] | None = None

  def __post_init__(self):
    weights = self.weights
    if not self.sources:
      raise UserError("mix.sources is empty.")
    if weights is not None and (
      len(weights) != len(self.sources) or min(weights) <= 0
    ):
      raise UserError(
        f"mix.weights is {list(weights)}; it has one number above 0 for each of "
        f"the {len(self.sources)} sources."
      )

  def read(self) -> Examples:
    """Returns the examples.

    Raises:
      UserError: the inputs differ in their features or labels.
    """
    parts = [source.read() for source in self.sources]
    first = parts[0]
    for part in parts[1:]:
      if _types(part) != _types(first):
        raise UserError(
          f"inputs.mix: {first.source} has {_types(first)}, and {part.source} "
          f"has {_types(part)}."
        )
    if self.weights is not None:
      shares = np.array(self.weights) / sum(self.weights)
      epoch = max(len(p) / s for p, s in zip(parts, shares, strict=True))
      parts = [
        _select(p, np.resize(np.arange(len(p)), round(s * epoch)), p.source)
        for p, s in zip(parts, shares, strict=True)
      ]
    return _over_columns(
      lambda columns: Chained(columns),
      parts,
      " + ".join(part.source for part in parts),
    )


def _types(examples: Examples) -> dict[str, str]:
  labels = examples.labels
  by_name = labels if isinstance(labels, Mapping) else {"the label": labels}
  return {name: str(spec) for name, spec in examples.specs().items()} | {
    name: "none"
    if column is None
    else f"{column.dtype} {list(column.shape[1:])}"
    for name, column in by_name.items()
  }


def _select(examples: Examples, indices: np.ndarray, source: str) -> Examples:
  return _over_columns(
    lambda columns: Selected(columns[0], indices), [examples], source
  )


def _over_columns(make, parts: Sequence[Examples], source: str) -> Examples:
  """Returns examples whose columns are made of the parts' columns."""
  labels = parts[0].labels
  return Examples(
    features={
      name: make([part.features[name] for part in parts])
      for name in parts[0].features
    },
    labels={
      name: make([part.labels[name] for part in parts]) for name in labels
    }
    if isinstance(labels, Mapping)
    else None
    if labels is None
    # Heads check all labels before training; they are small.
    else make([part.labels for part in parts])[:],
    source=source,
    skipped=sum(part.skipped for part in parts),
  )
