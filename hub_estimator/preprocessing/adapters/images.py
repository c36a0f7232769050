"""Images: decoded, resized, augmented and scaled for a module."""

from collections.abc import Sequence

from hub_estimator import pictures
from hub_estimator.errors import UserError
from hub_estimator.modules import TensorInfo
from hub_estimator.preprocessing import augmentations
from hub_estimator.preprocessing.adapters import pixels
from hub_estimator.preprocessing.interface import Augmentation
from hub_estimator.tensorflow_runtime import tf

# (height, width, channels); None where the module leaves a dimension open.
ImageShape = tuple[int | None, int | None, int | None]


def image_shape(
  wanted: TensorInfo, image_size: tuple[int, int] | None
) -> ImageShape | None:
  """Returns the shape of the images that a module's input takes.

  Args:
    wanted: type of the input.
    image_size: (height, width) that the module attached; None leaves the size
      to `wanted`.

  Returns:
    (height, width, channels), or None for an input that takes no images: one
    without four dimensions, or without 1 or 3 channels and an attached size.
  """
  if wanted.shape is None or len(wanted.shape) != 4:
    return None
  _, height, width, channels = wanted.shape
  if channels not in (1, 3) and image_size is None:
    return None
  height, width = image_size or (height, width)
  return height, width, channels


def build_images(
  images: tf.Tensor,
  shape: ImageShape,
  *,
  augment: Sequence[Augmentation],
  image_range: tuple[float, float],
  pixel_range: pixels.PixelRange | None,
  checks_pixels: bool,
  where: str,
) -> tf.Tensor:
  """Adds the ops that turn a feature into the images that a module expects.

  Args:
    images: strings [batch] of encoded images; or integers of 0 to 255 or floats
      of 0 to 1, [batch, height, width] or [batch, height, width, channels].
    shape: of the images that the module takes.
    augment: changes for training; empty for none.
    image_range: smallest and largest pixel value that the module expects.
    pixel_range: values of black and white in arrays; None goes by their dtype.
    checks_pixels: whether running the graph fails for pixels beyond what their
      dtype allows. Data that were read for training have been checked.
    where: names the feature in errors.

  Returns:
    float32 [batch, height, width, channels].

  Raises:
    UserError: the feature's shape doesn't fit, or the module states no size for
      encoded images.
  """
  if images.dtype == tf.string:
    images = _decode(images, shape, where)
  else:
    if checks_pixels and pixel_range is None:
      images = _checked(images, where)
    images = _convert(images, shape, pixel_range, where)
  if augment:
    images = augmentations.build(augment, images)
  low, high = image_range
  if (low, high) != (0.0, 1.0):
    images = images * (high - low) + low
  return images


def decode_images(
  encoded: tf.Tensor, *, height: int, width: int, channels: int
) -> tf.Tensor:
  """Adds the ops that decode images of any size.

  Args:
    encoded: strings [batch] of JPEG, PNG, GIF, BMP or WebP; see `pictures.decode`.
    height: height of all results, in pixels.
    width: width of all results, in pixels.
    channels: 1 or 3.

  Returns:
    float32 [batch, height, width, channels], 0 to 1.
  """

  def finish(image: tf.Tensor) -> tf.Tensor:
    return _resize(tf.cast(image, tf.float32) / 255.0, height, width)

  return pictures.decode(encoded, finish, channels=channels)


def _decode(encoded: tf.Tensor, shape: ImageShape, where: str) -> tf.Tensor:
  height, width, channels = shape
  if height is None or width is None:
    raise UserError(
      f"{where} holds encoded images, and the module states no image size."
    )
  return decode_images(
    encoded, height=height, width=width, channels=channels or 3
  )


def _checked(images: tf.Tensor, where: str) -> tf.Tensor:
  """Returns pixels, which fail to run if their values can't be scaled."""
  dtype = images.dtype.name
  if dtype in ("uint8", "bool"):
    return images
  low, high = pixels.accepted(dtype)
  wide = tf.float32 if images.dtype.is_floating else tf.int64
  values = tf.cast(images, wide)
  bounds = tf.constant([low, high], tf.float32)
  least, most = tf.unstack(tf.cast(bounds, wide))
  beyond = tf.reduce_any((values < least) | (values > most))
  right = f"{dtype} from {low:.0f} to {high:.0f}"
  where = where.replace("'", "")  # TensorFlow would escape them.
  with tf.control_dependencies(
    [
      tf.debugging.Assert(
        ~beyond,
        [
          f"{where}: pixels are {right}, and these reach from",
          tf.reduce_min(values),
          "to",
          tf.reduce_max(values),
        ],
      )
    ]
  ):
    return tf.identity(images)


def _convert(
  images: tf.Tensor,
  shape: ImageShape,
  pixel_range: pixels.PixelRange | None,
  where: str,
) -> tf.Tensor:
  """Returns decoded images as float32 of the module's size and channels."""
  height, width, channels = shape
  if images.shape.rank == 3:
    images = images[..., tf.newaxis]
  if images.shape.rank != 4:
    raise UserError(
      f"{where} has shape {images.shape}; images are [batch, height, width] "
      "or [batch, height, width, channels]."
    )
  black, white = pixels.range_of(images.dtype.name, pixel_range)
  images = tf.cast(images, tf.float32)
  if black:
    images = images - black
  images = images / (white - black)
  if channels == 3 and images.shape[3] == 1:
    images = tf.image.grayscale_to_rgb(images)
  if height and width and images.shape[1:3].as_list() != [height, width]:
    images = _resize(images, height, width)
  return images


def _resize(images: tf.Tensor, height: int, width: int) -> tf.Tensor:
  # Antialiased: a plain bilinear resize skips pixels when it shrinks.
  resized = tf.compat.v2.image.resize(images, [height, width], antialias=True)
  return tf.clip_by_value(resized, 0.0, 1.0)
