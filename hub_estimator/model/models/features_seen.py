"""Features that note which of them are read."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub_estimator.inputs import FeatureSpec
from hub_estimator.tensorflow_runtime import tf


class FeaturesSeen(dict[str, Any]):
  """Features by name, as a model_fn gets them; reading one is noted in `read`.

  Whoever goes through all of them reads all.
  """

  def __init__(self, features: Mapping[str, Any]):
    super().__init__(features)
    self.read: set[str] = set()

  def __getitem__(self, name: str) -> Any:
    self.read.add(name)
    return super().__getitem__(name)

  def get(self, name: str, default: Any = None) -> Any:
    self.read.add(name)
    return super().get(name, default)

  def pop(self, name: str, *default: Any) -> Any:
    self.read.add(name)
    return super().pop(name, *default)

  def __iter__(self) -> Iterator[str]:
    self.read.update(super().keys())
    return super().__iter__()

  def keys(self) -> Any:
    self.read.update(super().keys())
    return super().keys()

  def values(self) -> Any:
    self.read.update(super().keys())
    return super().values()

  def items(self) -> Any:
    self.read.update(super().keys())
    return super().items()

  def copy(self) -> dict[str, Any]:
    self.read.update(super().keys())
    return dict(self)


def placeholders(specs: Mapping[str, FeatureSpec]) -> dict[str, tf.Tensor]:
  """Returns a placeholder [batch, ...] for each feature, in the current graph.

  Args:
    specs: type of each feature of one example, by name.
  """
  return {
    name: tf.placeholder(tf.as_dtype(spec.dtype), [None, *spec.shape])
    for name, spec in specs.items()
  }
