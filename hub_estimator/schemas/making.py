"""Makes the schema of a run from its examples."""

from collections.abc import Collection, Mapping
from typing import Any

from hub_estimator import heads
from hub_estimator.inputs import Examples, FeatureSpec
from hub_estimator.schemas import columns, labels, readers
from hub_estimator.schemas.schema import Feature, Schema


def make(
  head: heads.Head,
  train: Examples,
  evaluation: Examples,
  *,
  specs: Mapping[str, FeatureSpec],
  unused: Collection[str],
  readers_used: Mapping[str, Any],
  pictures: Mapping[str, Mapping[str, Any]],
) -> Schema:
  """Returns the schema of a run.

  Args:
    head: with the classes of the data.
    train: the examples of training, numbered as the head.
    evaluation: likewise.
    specs: type of each feature that the model is served with.
    unused: features that nothing reads.
    readers_used: of training and of evaluation.
    pictures: how the module sees the features that are images.
  """
  return Schema(
    features={
      name: Feature(
        spec.dtype,
        tuple(spec.shape),
        columns.number_range(train.features[name]),
        pictures.get(name),
        spec.sparse,
      )
      for name, spec in specs.items()
    },
    labels=labels.describe(head, train, evaluation),
    weights=tuple(sorted(heads.weight_columns(head))),
    unused=tuple(sorted(unused)),
    reader={name: readers.describe(r) for name, r in readers_used.items()},
    examples={"train": len(train), "eval": len(evaluation)},
  )
