"""Matching: which feature fills which input of a module."""

from collections.abc import Iterable, Mapping

from hub_estimator.errors import UserError, nearest
from hub_estimator.modules import SignatureInfo
from hub_estimator.preprocessing.adapters.adapter import Adapter
from hub_estimator.preprocessing.adapters.images import image_shape


def match_features(
  adapter: Adapter, signature: SignatureInfo, features: Mapping[str, object]
) -> dict[str, str]:
  """Returns the feature's name for each input of a signature except constants.

  Args:
    adapter: its `inputs` and `constants` are read.
    signature: the module's signature.
    features: by name; only the names matter.

  Raises:
    UserError: an input has no feature, or the adapter names an input that
      doesn't exist.
  """
  mapping, constants = adapter.inputs or {}, adapter.constants or {}
  _check_names("adapter.inputs", mapping, signature)
  _check_names("adapter.constants", constants, signature)
  inputs = [name for name in signature.inputs if name not in constants]
  if not mapping and len(inputs) == len(features) == 1:
    return {inputs[0]: next(iter(features))}
  matched = {}
  for name in inputs:
    feature = mapping.get(name, name)
    if feature not in features:
      raise UserError(
        f"The module's input {name!r} has no feature {feature!r}; "
        f"{nearest(feature, features, owner='the data ')} Set "
        "adapter.inputs = {'<module input>': '<feature>'}."
      )
    matched[name] = feature
  return matched


def image_sizes(
  adapter: Adapter,
  signature: SignatureInfo,
  features: Mapping[str, object],
  *,
  image_size: tuple[int, int] | None,
) -> dict[str, tuple[int, int]]:
  """Returns (height, width) of each feature that the module sees as images.

  Args:
    adapter: matches the features.
    signature: the module's signature.
    features: by name; only the names matter.
    image_size: (height, width) that the module attached; None leaves the size
      to the signature.
  """
  sizes = {}
  for name, feature in match_features(adapter, signature, features).items():
    shape = image_shape(signature.inputs[name], image_size)
    if shape is not None:
      height, width, _ = shape
      if height and width:
        sizes[feature] = (height, width)
  return sizes


def image_features(
  adapter: Adapter,
  signature: SignatureInfo,
  features: Mapping[str, object],
  *,
  image_size: tuple[int, int] | None,
) -> list[str]:
  """Returns the names of the features that the module sees as images.

  Args:
    adapter: matches the features.
    signature: the module's signature.
    features: by name; only the names matter.
    image_size: (height, width) that the module attached; None leaves the size
      to the signature.
  """
  return [
    feature
    for name, feature in match_features(adapter, signature, features).items()
    if image_shape(signature.inputs[name], image_size) is not None
  ]


def _check_names(
  binding: str, names: Iterable[str], signature: SignatureInfo
) -> None:
  for name in names:
    if name not in signature.inputs:
      raise UserError(
        f"{binding} names the module input {name!r}; "
        + nearest(name, signature.inputs)
      )
