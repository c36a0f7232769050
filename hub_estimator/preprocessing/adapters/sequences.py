"""Sequences: which features may differ in length, and which become sparse."""

import dataclasses
from collections.abc import Mapping

from hub_estimator.modules import SignatureInfo, TensorInfo, counts_tokens
from hub_estimator.preprocessing.adapters.adapter import Adapter
from hub_estimator.preprocessing.adapters.masks import tells_padding
from hub_estimator.preprocessing.adapters.matching import match_features
from hub_estimator.tensorflow_runtime import tf


@dataclasses.dataclass(frozen=True)
class Sequence:
  """How a module's input takes lists.

  Attributes:
    name: of the input.
    tensor: its type.
    is_open: whether its lists may have any length: they are padded, and the
      module tells tokens from padding, or they are tokens. Numbers of which
      none may be missing are no such lists.
    counts: whether it counts the tokens of each example, in the other inputs.
  """

  name: str
  tensor: TensorInfo
  is_open: bool
  counts: bool = False

  @property
  def is_sparse(self) -> bool:
    """Whether the lists become a SparseTensor, which holds no padding."""
    return self.tensor.kind == "sparse"


def find_sequences(
  adapter: Adapter, signature: SignatureInfo, features: Mapping[str, object]
) -> dict[str, Sequence]:
  """Returns how a module takes each feature that it reads.

  Args:
    adapter: matches the features.
    signature: the module's signature.
    features: by name; only the names matter.

  Raises:
    UserError: an input has no feature.
  """
  masked = tells_padding(adapter, signature)
  return {
    feature: Sequence(
      name,
      tensor,
      _is_open(tensor, masked=masked),
      counts=counts_tokens(name, tensor),
    )
    for name, feature in match_features(adapter, signature, features).items()
    for tensor in [signature.inputs[name]]
  }


def build_sparse(tensor: tf.Tensor, wanted: TensorInfo) -> tf.SparseTensor:
  """Adds the ops that drop padding; see `inputs.FeatureSpec.padding`.

  Args:
    tensor: strings, integers or floats [batch, ...]; "", -1 or NaN in it is
      padding.
    wanted: type of the module's input.
  """
  if tensor.dtype == tf.string:
    given = tf.not_equal(tensor, "")
  elif tensor.dtype.is_floating:
    given = tf.logical_not(tf.math.is_nan(tensor))
  elif tensor.dtype.is_bool or tensor.dtype.is_unsigned:
    given = tf.ones_like(tensor, tf.bool)
  else:
    given = tf.not_equal(tensor, -1)
  places = tf.where_v2(given)
  sizes = tf.unstack(tf.shape(tensor, out_type=tf.int64), tensor.shape.rank)
  for axis, size in enumerate(wanted.shape or ()):
    if axis and size is not None:
      sizes[axis] = tf.constant(size, tf.int64)
  return tf.SparseTensor(
    places,
    tf.cast(tf.gather_nd(tensor, places), tf.as_dtype(wanted.dtype)),
    tf.stack(sizes),
  )


def _is_open(tensor: TensorInfo, *, masked: bool) -> bool:
  if tensor.kind not in ("dense", "sparse"):
    return False
  if tensor.shape is not None and (
    len(tensor.shape) not in (2, 3) or tensor.shape[1] is not None
  ):
    return False
  return (
    masked
    or tensor.kind == "sparse"
    or tensor.dtype in ("string", "int32", "int64")
  )
