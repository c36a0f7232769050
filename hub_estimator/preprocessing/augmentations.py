"""Augmentations: random changes of training images, composed by name in gin.

Each takes and returns float32 [batch, height, width, channels], 0 to 1, and
draws separately for each image. The draws depend only on the run's seed and the
step, so an interrupted run sees the same images as one that wasn't interrupted.

In Python each part has its gin name, too: `augmentations.flip` is
`augmentations.Flip`. An augmentation of yours follows the Protocol
`Augmentation`.
"""

import dataclasses
from collections.abc import Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.preprocessing.interface import Augmentation
from hub_estimator.tensorflow_runtime import tf


def build(
  augmentations: Sequence[Augmentation], images: tf.Tensor
) -> tf.Tensor:
  """Adds the ops of augmentations, in order, and returns images of 0 to 1.

  Args:
    augmentations: applied one after the other.
    images: float32 [batch, height, width, channels], 0 to 1.
  """
  step = tf.train.get_or_create_global_step()
  run_seed = tf.get_default_graph().seed or 0
  for place, augmentation in enumerate(augmentations):
    # Two int64: the run's seed with the place in the list, and the step.
    seed = tf.stack(
      [
        tf.constant(run_seed * 1000 + place, tf.int64),
        tf.cast(step, tf.int64),
      ]
    )
    images = augmentation.build(images, seed)
  return tf.clip_by_value(images, 0.0, 1.0)


@gin.register("flip", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Flip:
  """Mirrors half of the images, left to right."""

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops.

    Args:
      images: float32 [batch, height, width, channels], 0 to 1.
      seed: int64 [2], different at each step.
    """
    mirrored = _uniform(images, seed, 1)[:, 0] < 0.5
    return tf.where(mirrored, tf.reverse(images, [2]), images)


@gin.register("crop", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Crop:
  """Cuts out a random part of an image and resizes it to the image's size.

  Attributes:
    min_side: smallest height and width of the part, as a share of the image's.
      Height and width are drawn separately, from `min_side` to 1.
  """

  min_side: float = 0.7

  def __post_init__(self) -> None:
    if not 0 < self.min_side <= 1:
      raise UserError(
        f"crop.min_side is {self.min_side}; it must be above 0 and at most 1."
      )

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops; see `Flip.build`."""
    drawn = _uniform(images, seed, 4)
    sides = self.min_side + (1 - self.min_side) * drawn[:, :2]
    starts = (1 - sides) * drawn[:, 2:]
    return _boxes(images, tf.concat([starts, starts + sides], axis=1))


@gin.register("shift", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Shift:
  """Moves an image in a random direction and fills the gap with black.

  Attributes:
    max_share: largest move up, down, left or right, as a share of the image's
      height or width.
  """

  max_share: float = 0.1

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops; see `Flip.build`."""
    moves = (2 * _uniform(images, seed, 2) - 1) * self.max_share
    return _boxes(images, tf.concat([moves, moves + 1], axis=1))


@gin.register("brightness", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Brightness:
  """Adds the same random number to all pixels of an image.

  Attributes:
    max_delta: largest change, up or down; 1 turns black into white.
  """

  max_delta: float = 0.2

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops; see `Flip.build`."""
    deltas = (2 * _uniform(images, seed, 1) - 1) * self.max_delta
    return images + deltas[:, :, tf.newaxis, tf.newaxis]


@gin.register("contrast", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Contrast:
  """Multiplies each pixel's distance from the image's mean by a random factor.

  Attributes:
    low: smallest factor.
    high: largest factor.
  """

  low: float = 0.7
  high: float = 1.3

  def __post_init__(self) -> None:
    if not 0 <= self.low <= self.high:
      raise UserError(
        f"contrast.low is {self.low} and contrast.high {self.high}; they must "
        "be at least 0, in this order."
      )

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops; see `Flip.build`."""
    drawn = _uniform(images, seed, 1)[:, :, tf.newaxis, tf.newaxis]
    factors = self.low + (self.high - self.low) * drawn
    means = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return means + (images - means) * factors


def _uniform(images: tf.Tensor, seed: tf.Tensor, width: int) -> tf.Tensor:
  """Returns random float32 [batch, width], 0 to 1."""
  return tf.random.stateless_uniform([tf.shape(images)[0], width], seed)


def _boxes(images: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
  """Returns parts of images, resized to the images' size.

  Args:
    images: float32 [batch, height, width, channels].
    boxes: float32 [batch, 4]: top, left, bottom and right, as shares of the
      image's sides.
  """
  shape = tf.shape(images)
  # crop_and_resize puts the corners of a box at the centers of pixels.
  resized = tf.image.crop_and_resize(
    images, boxes, tf.range(shape[0]), shape[1:3]
  )
  resized.set_shape(images.shape)
  return resized


flip = Flip
crop = Crop
shift = Shift
brightness = Brightness
contrast = Contrast
