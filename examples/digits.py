"""Handwritten digits as a folder of images, and a small network as a module_fn.

Both are parts of configs/runs/digits.gin. The 1,797 digits have 8 x 8 pixels: Alpaydin
and Kaynak 1998 (CC BY 4.0), from the PyPI package scikit-learn.
"""

import gzip
import io
import pathlib
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gin
import numpy as np
from hub_estimator.examples import registry

if TYPE_CHECKING:
  from hub_estimator.tensorflow_runtime import tf

_PACKAGE = "scikit-learn==1.7.2"


@gin.register("digit_images", module="examples")
def digit_images() -> str:
  """Returns a directory of images, `<digit>/<number>.png`."""

  def make(path: pathlib.Path) -> None:
    from hub_estimator.tensorflow_runtime import tf

    for digit in range(10):
      (path / str(digit)).mkdir(parents=True)
    with tf.Graph().as_default(), tf.Session() as session:
      pixels = tf.placeholder(tf.uint8, [8, 8, 1])
      encoded = tf.io.encode_png(pixels)
      for number, (image, digit) in enumerate(_read_digits()):
        file = path / str(digit) / f"{number:04}.png"
        file.write_bytes(session.run(encoded, {pixels: image}))

  return str(registry.made_once("digit_images", make))


@gin.register("digits_tfds", module="examples")
def digits_tfds() -> str:
  """Returns the directory of a prepared dataset of TensorFlow Datasets.

  Its features are "image", uint8 [8, 8, 1], and "label"; its only split is "train".
  """

  def make(path: pathlib.Path) -> None:
    import tensorflow_datasets as tfds

    class Digits(tfds.core.GeneratorBasedBuilder):
      """Handwritten digits."""

      VERSION = tfds.core.Version("1.0.0")

      def _info(self) -> tfds.core.DatasetInfo:
        features = {
          "image": tfds.features.Image(shape=(8, 8, 1)),
          "label": tfds.features.ClassLabel(num_classes=10),
        }
        return tfds.core.DatasetInfo(
          builder=self, features=tfds.features.FeaturesDict(features)
        )

      def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
      ) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
        del dl_manager
        return {"train": self._generate_examples()}

      def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, (image, digit) in enumerate(_read_digits()):
          yield number, {"image": image, "label": digit}

    scratch = path.with_suffix(".tfds")
    builder = Digits(data_dir=str(scratch))
    tfds.disable_progress_bar()
    builder.download_and_prepare()
    builder.data_path.rename(path)

  return str(registry.made_once("digits_tfds", make))


def _read_digits() -> list[tuple[np.ndarray, int]]:
  """Returns (image, uint8 [8, 8, 1], and digit) of each example."""
  wheel = zipfile.ZipFile(registry.download(_PACKAGE))
  name = next(n for n in wheel.namelist() if n.endswith("data/digits.csv.gz"))
  rows = np.loadtxt(
    io.BytesIO(gzip.decompress(wheel.read(name))), delimiter=","
  )
  return [
    (
      (row[:64].reshape(8, 8, 1) * 255 / 16).round().astype(np.uint8),
      int(row[64]),
    )
    for row in rows
  ]


@gin.register("digit_network", module="examples")
def digit_network(*, training: bool = False, width: int = 32) -> None:
  """Adds a signature of two convolutions with batch norm, averaged over pixels.

  It is a module_fn.

  Args:
    training: whether batch norm uses the batch's statistics and updates its own.
    width: channels of the first convolution; the output has twice as many.
  """
  from hub_estimator.tensorflow_runtime import hub, tf

  images = tf.placeholder(tf.float32, [None, 8, 8, 1])
  features = _convolve(images, width, "first", training)
  features = tf.nn.max_pool2d(features, 2, 2, "SAME")
  features = _convolve(features, 2 * width, "second", training)
  hub.add_signature(
    inputs={"images": images}, outputs=tf.reduce_mean(features, [1, 2])
  )


def _convolve(
  x: "tf.Tensor", channels: int, name: str, training: bool
) -> "tf.Tensor":
  """Returns a tensor after a 3 x 3 convolution, batch norm and ReLU."""
  from hub_estimator.tensorflow_runtime import tf

  with tf.variable_scope(name):
    kernel = tf.get_variable(
      "kernel",
      [3, 3, x.shape[-1], channels],
      initializer=tf.initializers.he_normal(),
    )
    tf.add_to_collection(
      tf.GraphKeys.REGULARIZATION_LOSSES, 1e-4 * tf.nn.l2_loss(kernel)
    )
    scale = tf.get_variable(
      "gamma", [channels], initializer=tf.ones_initializer()
    )
    offset = tf.get_variable(
      "beta", [channels], initializer=tf.zeros_initializer()
    )
    moving = [
      tf.get_variable(
        f"moving_{statistic}",
        [channels],
        initializer=initializer,
        trainable=False,
      )
      for statistic, initializer in (
        ("mean", tf.zeros_initializer()),
        ("variance", tf.ones_initializer()),
      )
    ]
    x = tf.nn.conv2d(x, kernel, strides=1, padding="SAME")
    statistics = moving
    if training:
      statistics = tf.nn.moments(x, [0, 1, 2])
      for variable, batch in zip(moving, statistics, strict=True):
        tf.add_to_collection(
          tf.GraphKeys.UPDATE_OPS,
          variable.assign_sub(0.1 * (variable - batch)).op,
        )
    x = tf.nn.batch_normalization(x, *statistics, offset, scale, 1e-3)
  return tf.nn.relu(x)
