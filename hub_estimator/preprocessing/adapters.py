"""Features -> module inputs; module outputs -> head input."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import gin

from hub_estimator.errors import UserError, nearest
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import augmentations
from hub_estimator.tensorflow_runtime import tf

_POOLINGS = ("mean", "max", "flatten")
_MODES = ("train", "eval", "infer")  # As in tf.estimator.ModeKeys.


@gin.register("adapter", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Adapter:
  """Fits features to a module and the module's output to a head.

  Attributes:
    inputs: feature by module input, where the names differ. An input that is
      not in it takes the feature of its own name; one input takes the only
      feature whatever the names.
    constants: numbers for inputs that are hyperparameters, such as
      {"batch_norm_momentum": 0.99}; or by mode: {"dropout_rate": {"train": 0.1,
      "eval": 0.0, "infer": 0.0}}.
    image_range: what the module's pixels run over. [0, 1] is the common image
      signature's; modules outside of it say so in their documentation.
    tokenizer: makes token ids of strings, one of `tokenizers`, for modules that
      read these; None for all others.
    augment: what is done to images in training, each one of `augmentations`.
    pooling: how an output of more than two dimensions becomes [batch, width]:
      "mean" or "max" over all dimensions but the first and the last, or
      "flatten".
  """

  inputs: Mapping[str, str] | None = None
  constants: Mapping[str, float | Mapping[str, float]] | None = None
  image_range: tuple[float, float] = (0.0, 1.0)
  tokenizer: Any = None
  augment: Sequence[Any] = ()
  pooling: str = "mean"

  def __post_init__(self):
    if self.pooling not in _POOLINGS:
      raise UserError(
        f"adapter.pooling {self.pooling!r}: {nearest(self.pooling, _POOLINGS)}"
      )
    if self.tokenizer is not None and (
      isinstance(self.tokenizer, type) or not hasattr(self.tokenizer, "build")
    ):
      raise UserError(
        f"adapter.tokenizer is {self.tokenizer!r}; it is one of @tokenizers, "
        "called: @tokenizers.<name>()."
      )
    for name in ("inputs", "constants"):
      value = getattr(self, name)
      if not isinstance(value, Mapping | None):
        raise UserError(
          f"adapter.{name} is {value!r}; it is values by the names of the "
          "module's inputs, or None."
        )
    for augmentation in self.augment:
      if isinstance(augmentation, type) or not hasattr(augmentation, "build"):
        raise UserError(
          f"adapter.augment has {augmentation!r}; it is a list of augmentations, "
          "called: [@augmentations.<name>()]."
        )
    for name, value in (self.constants or {}).items():
      if isinstance(value, Mapping) and set(value) != set(_MODES):
        raise UserError(
          f"adapter.constants has {sorted(value)} for {name!r}; it is one value, "
          f"or one for each of {', '.join(_MODES)}."
        )


def match_features(
  adapter: Adapter, signature: SignatureInfo, features: Mapping
) -> dict[str, str]:
  """Returns the feature's name for each input of the signature but constants.

  Raises:
    UserError: an input has no feature, or the map names what doesn't exist.
  """
  mapping = dict(adapter.inputs or {})
  for name in mapping:
    if name not in signature.inputs:
      raise UserError(
        f"adapter.inputs names the module input {name!r}; "
        + nearest(name, signature.inputs)
      )
  constants = adapter.constants or {}
  for name in constants:
    if name not in signature.inputs:
      raise UserError(
        f"adapter.constants names the module input {name!r}; "
        + nearest(name, signature.inputs)
      )
  inputs = [name for name in signature.inputs if name not in constants]
  if not mapping and len(inputs) == len(features) == 1:
    return {inputs[0]: next(iter(features))}
  matched = {}
  for name in inputs:
    feature = mapping.get(name, name)
    if feature not in features:
      raise UserError(
        f"The module's input {name!r} has no feature {feature!r}; the data "
        f"{nearest(feature, features).replace('It has', 'has')} Set "
        "adapter.inputs = {'<module input>': '<feature>'}."
      )
    matched[name] = feature
  return matched


def image_sizes(
  adapter: Adapter,
  signature: SignatureInfo,
  features: Mapping,
  *,
  image_size: tuple[int, int] | None,
) -> dict[str, tuple[int, int]]:
  """Returns (height, width) by feature, of those that the module sees as images.

  Args:
    adapter: the choices.
    signature: of the module.
    features: by name; only the names matter.
    image_size: (height, width) that the module attached, or None.
  """
  sizes = {}
  for name, feature in match_features(adapter, signature, features).items():
    wanted = signature.inputs[name]
    if _is_image(wanted, image_size):
      height, width = image_size or wanted.shape[1:3]
      if height and width:
        sizes[feature] = (height, width)
  return sizes


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
    signature: of the module.
    features: tensors [batch, ...] by name. Images are uint8 of 0 to 255, or
      floats of 0 to 1, [batch, height, width] or [batch, height, width, 1 or
      3], or strings [batch] that hold encoded JPEG, PNG, GIF or BMP.
    image_size: (height, width) that the module attached, or None.
    mode: one of `tf.estimator.ModeKeys`, for constants.

  Raises:
    UserError: a feature is missing, or its dtype or shape doesn't fit.
  """
  matched = match_features(adapter, signature, features)
  inputs, augmented = {}, False
  for name, value in (adapter.constants or {}).items():
    value = value[mode] if isinstance(value, Mapping) else value
    inputs[name] = tf.constant(value, tf.as_dtype(signature.inputs[name].dtype))
  for name, feature in matched.items():
    wanted = signature.inputs[name]
    tensor = features[feature]
    where = f"Feature {feature!r} for the module's input {name!r}"
    if _is_image(wanted, image_size):
      augment = adapter.augment if mode == "train" else ()
      tensor = _build_images(
        adapter, tensor, wanted, image_size, augment, where
      )
      augmented = augmented or bool(augment)
    inputs[name] = _fit(tensor, wanted, where)
  if adapter.augment and mode == "train" and not augmented:
    raise UserError(
      "adapter.augment changes images, and none of the module's inputs, "
      f"{', '.join(signature.inputs)}, is one."
    )
  return inputs


def build_head_input(adapter: Adapter, output: tf.Tensor) -> tf.Tensor:
  """Adds the ops that turn a module's output into float32 [batch, width].

  Raises:
    UserError: the output isn't numeric, or its rank or width isn't known.
  """
  name = output.name
  if not (output.dtype.is_floating or output.dtype.is_integer):
    raise UserError(
      f"The module's output {name} is {output.dtype.name}; a head reads numbers."
    )
  output = tf.cast(output, tf.float32)
  rank = output.shape.rank
  if rank is None:
    raise UserError(
      f"The module's output {name} has an unknown rank for these features, so "
      "a head can't be sized; give the features a fixed shape."
    )
  if rank == 0:
    raise UserError(f"The module's output {name} is a scalar, not a batch.")
  if rank == 1:
    output = output[:, tf.newaxis]
  elif rank > 2 and adapter.pooling == "flatten":
    width = output.shape[1:].num_elements()
    if width is None:
      raise UserError(
        f"The module's output {name} of shape {output.shape} can't be "
        "flattened; use adapter.pooling = 'mean'."
      )
    output = tf.reshape(output, [-1, width])
  elif rank > 2:
    reduce = tf.reduce_mean if adapter.pooling == "mean" else tf.reduce_max
    output = reduce(output, axis=list(range(1, rank - 1)))
  if output.shape[-1] is None:
    raise UserError(
      f"The module's output {name} has no static width (shape {output.shape}), "
      "so a head can't be sized; give the features a fixed shape."
    )
  return output


def _is_image(wanted: TensorInfo, image_size) -> bool:
  if wanted.shape is None or len(wanted.shape) != 4:
    return False
  return wanted.shape[3] in (1, 3) or image_size is not None


def _build_images(adapter, images, wanted, image_size, augment, where):
  """Returns float32 [batch, height, width, channels] as the module expects."""
  height, width = image_size or wanted.shape[1:3]
  channels = wanted.shape[3]
  if images.dtype == tf.string:
    if height is None or width is None:
      raise UserError(
        f"{where} holds encoded images, and the module states no image size."
      )
    images = decode_images(
      images, height=height, width=width, channels=channels or 3
    )
  else:
    if images.shape.rank == 3:
      images = images[..., tf.newaxis]
    if images.shape.rank != 4:
      raise UserError(
        f"{where} has shape {images.shape}; images are [batch, height, width] "
        "or [batch, height, width, channels]."
      )
    scale = 255.0 if images.dtype == tf.uint8 else 1.0
    images = tf.cast(images, tf.float32) / scale
    if channels == 3 and images.shape[3] == 1:
      images = tf.image.grayscale_to_rgb(images)
    if height and width and images.shape[1:3].as_list() != [height, width]:
      images = _resize(images, height, width)
  if augment:
    images = augmentations.build(augment, images)
  low, high = adapter.image_range
  if (low, high) != (0.0, 1.0):
    images = images * (high - low) + low
  return images


def _resize(images, height, width):
  # Antialiased: a plain bilinear resize drops pixels where it shrinks.
  resized = tf.compat.v2.image.resize(images, [height, width], antialias=True)
  return tf.clip_by_value(resized, 0.0, 1.0)


def decode_images(
  encoded: tf.Tensor, *, height: int, width: int, channels: int
) -> tf.Tensor:
  """Adds the ops that decode images of any size.

  Args:
    encoded: strings [batch] of JPEG, PNG, GIF or BMP.
    height: in pixels, of all results.
    width: likewise.
    channels: 1 or 3.

  Returns:
    float32 [batch, height, width, channels] of 0 to 1.
  """

  def decode(image):
    image = tf.io.decode_image(
      image, channels=channels, expand_animations=False
    )
    image.set_shape([None, None, channels])
    return _resize(tf.cast(image, tf.float32) / 255.0, height, width)

  return tf.map_fn(decode, encoded, dtype=tf.float32)


def _fit(tensor: tf.Tensor, wanted: TensorInfo, where: str) -> tf.Tensor:
  """Casts without loss of meaning, and moves a last dimension of one."""
  dtype = tf.as_dtype(wanted.dtype)
  if tensor.dtype != dtype:
    numeric = (
      tensor.dtype.is_floating,
      tensor.dtype.is_integer,
      tensor.dtype.is_bool,
    )
    to_float = dtype.is_floating and any(numeric)
    to_integer = dtype.is_integer and any(numeric[1:])
    if not (to_float or to_integer):
      raise UserError(
        f"{where} is {tensor.dtype.name}, and the module wants {wanted}."
      )
    tensor = tf.cast(tensor, dtype)
  if wanted.shape is None or tensor.shape.rank is None:
    return tensor
  rank = len(wanted.shape)
  if tensor.shape.rank == 1 and rank == 2 and wanted.shape[1] in (1, None):
    tensor = tensor[:, tf.newaxis]
  elif tensor.shape.rank == 2 and rank == 1 and tensor.shape[1] == 1:
    tensor = tensor[:, 0]
  if not tensor.shape.is_compatible_with(tf.TensorShape(wanted.shape)):
    raise UserError(
      f"{where} has shape {tensor.shape.as_list()}, and the module wants {wanted}."
    )
  return tensor
