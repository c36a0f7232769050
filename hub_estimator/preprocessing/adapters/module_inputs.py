"""A module's inputs: features with the dtypes and shapes of its signature."""

from collections.abc import Mapping

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing.adapters.adapter import Adapter
from hub_estimator.preprocessing.adapters.images import (
  build_images,
  image_shape,
)
from hub_estimator.preprocessing.adapters.matching import match_features
from hub_estimator.preprocessing.adapters.sequences import build_sparse
from hub_estimator.tensorflow_runtime import tf


def build_module_inputs(
  adapter: Adapter,
  signature: SignatureInfo,
  features: Mapping[str, tf.Tensor],
  *,
  image_size: tuple[int, int] | None,
  mode: str,
) -> dict[str, tf.Tensor]:
  """Adds the ops that turn features into a signature's inputs.

  Args:
    adapter: the choices.
    signature: the module's signature.
    features: tensors [batch, ...] by name; those for sparse inputs are padded
      with "", -1 or NaN. Images are integers of 0 to 255, or
      floats of 0 to 1, [batch, height, width] or [batch, height, width, 1 or
      3], or strings [batch] that hold encoded JPEG, PNG, GIF, BMP or WebP.
    image_size: (height, width) that the module attached; None leaves the size
      to the signature.
    mode: one of `tf.estimator.ModeKeys`; chooses constants, and augments in
      training only.

  Raises:
    UserError: a feature is missing, or its dtype or shape doesn't fit.
  """
  matched = match_features(adapter, signature, features)
  augment = adapter.augment if mode == "train" else ()
  inputs = _build_constants(adapter, signature, mode)
  images = False
  for name, feature in matched.items():
    wanted = signature.inputs[name]
    tensor = features[feature]
    where = f"Feature {feature!r} for the module's input {name!r}"
    shape = image_shape(wanted, image_size)
    if shape is not None:
      images = True
      tensor = build_images(
        tensor,
        shape,
        augment=augment,
        image_range=adapter.image_range,
        pixel_range=adapter.pixel_range,
        checks_pixels=mode == "infer",
        where=where,
      )
    _check_type(tensor, wanted, where)
    if wanted.kind == "sparse":
      if wanted.shape is None and tensor.shape.rank == 1:
        tensor = tensor[:, tf.newaxis]
      inputs[name] = build_sparse(_reshape(tensor, wanted, where), wanted)
    else:
      inputs[name] = _reshape(_cast(tensor, wanted), wanted, where)
  if augment and not images:
    raise UserError(
      "adapter.augment changes images, and none of the module's inputs, "
      f"{', '.join(signature.inputs)}, is one."
    )
  return inputs


def _build_constants(
  adapter: Adapter, signature: SignatureInfo, mode: str
) -> dict[str, tf.Tensor]:
  built = {}
  for name, value in (adapter.constants or {}).items():
    number = value[mode] if isinstance(value, Mapping) else value
    dtype = tf.as_dtype(signature.inputs[name].dtype)
    built[name] = tf.constant(number, dtype)
  return built


def _check_type(tensor: tf.Tensor, wanted: TensorInfo, where: str) -> None:
  """Refuses a cast that would lose a tensor's meaning."""
  dtype = tf.as_dtype(wanted.dtype)
  is_integer = tensor.dtype.is_integer or tensor.dtype.is_bool
  to_float = dtype.is_floating and (is_integer or tensor.dtype.is_floating)
  to_integer = dtype.is_integer and is_integer
  if not (tensor.dtype == dtype or to_float or to_integer):
    raise UserError(
      f"{where} is {tensor.dtype.name}, and the module wants {wanted}."
    )


def _cast(tensor: tf.Tensor, wanted: TensorInfo) -> tf.Tensor:
  dtype = tf.as_dtype(wanted.dtype)
  return tensor if tensor.dtype == dtype else tf.cast(tensor, dtype)


def _reshape(tensor: tf.Tensor, wanted: TensorInfo, where: str) -> tf.Tensor:
  """Adds or drops a last dimension of one, and checks the shape."""
  if wanted.shape is None or tensor.shape.rank is None:
    return tensor
  rank = len(wanted.shape)
  if tensor.shape.rank == 1 and rank == 2 and wanted.shape[1] in (1, None):
    tensor = tensor[:, tf.newaxis]
  elif tensor.shape.rank == 2 and rank == 1 and tensor.shape[1] == 1:
    tensor = tensor[:, 0]
  if not tensor.shape.is_compatible_with(tf.TensorShape(wanted.shape)):
    raise UserError(
      f"{where} has shape {tensor.shape.as_list()}, and the module wants "
      f"{wanted}."
    )
  return tensor
