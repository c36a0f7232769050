"""Random changes of images in training, composed by name in gin.

Each takes and returns float32 [batch, height, width, channels] of 0 to 1, and draws
for every image apart. What is drawn is a function of the run's seed and the step: a
run that was interrupted sees the images that it would have seen.

One of yours is any object with `build(images, seed)`.
"""

import dataclasses
from collections.abc import Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf


def build(augmentations: Sequence, images: tf.Tensor) -> tf.Tensor:
  """Adds the ops of augmentations, in order; the result is of 0 to 1 again."""
  step = tf.train.get_or_create_global_step()
  run_seed = tf.get_default_graph().seed or 0
  for place, augmentation in enumerate(augmentations):
    # Two int64: the run and the place in it; the place in the list and the step.
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
      images: float32 [batch, height, width, channels] of 0 to 1.
      seed: int64 [2], another one each step.
    """
    mirrored = _uniform(images, seed, 1)[:, 0] < 0.5
    return tf.where(mirrored, tf.reverse(images, [2]), images)


@gin.register("crop", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Crop:
  """Cuts a random part of an image and resizes it to the whole's size.

  Attributes:
    min_side: the part's least height and width over the image's; height and
      width are drawn apart, from there to 1.
  """

  min_side: float = 0.7

  def __post_init__(self):
    if not 0 < self.min_side <= 1:
      raise UserError(
        f"crop.min_side is {self.min_side}; it is above 0 and at most 1."
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
  """Moves an image; what comes in from outside is black.

  Attributes:
    max_share: the largest move, up, down, left or right, over the image's side.
  """

  max_share: float = 0.1

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops; see `Flip.build`."""
    moves = (2 * _uniform(images, seed, 2) - 1) * self.max_share
    return _boxes(images, tf.concat([moves, moves + 1], axis=1))


@gin.register("brightness", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Brightness:
  """Adds one number to all pixels of an image.

  Attributes:
    max_delta: the largest, up or down; 1 is from black to white.
  """

  max_delta: float = 0.2

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops; see `Flip.build`."""
    deltas = (2 * _uniform(images, seed, 1) - 1) * self.max_delta
    return images + deltas[:, :, tf.newaxis, tf.newaxis]


@gin.register("contrast", module="augmentations")
@dataclasses.dataclass(frozen=True)
class Contrast:
  """Multiplies what pixels differ from their image's mean by one number.

  Attributes:
    low: the smallest factor.
    high: the largest.
  """

  low: float = 0.7
  high: float = 1.3

  def __post_init__(self):
    if not 0 <= self.low <= self.high:
      raise UserError(
        f"contrast.low is {self.low} and contrast.high {self.high}; they are at "
        "least 0, in this order."
      )

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds the ops; see `Flip.build`."""
    drawn = _uniform(images, seed, 1)[:, :, tf.newaxis, tf.newaxis]
    factors = self.low + (self.high - self.low) * drawn
    means = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return means + (images - means) * factors


def _uniform(images, seed, width):
  """Returns float32 [batch, width] of 0 to 1."""
  return tf.random.stateless_uniform([tf.shape(images)[0], width], seed)


def _boxes(images, boxes):
  """Returns boxes [batch, (top, left, bottom, right)] of images, resized."""
  shape = tf.shape(images)
  # crop_and_resize puts the corners of a box at the centres of pixels.
  resized = tf.image.crop_and_resize(
    images, boxes, tf.range(shape[0]), shape[1:3]
  )
  resized.set_shape(images.shape)
  return resized
