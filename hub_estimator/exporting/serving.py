"""serving_input_receiver_fns from the types of a run's features."""

from collections.abc import Callable, Mapping

import numpy as np

from hub_estimator.inputs import FeatureSpec
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, tf

# What a tf.Example can hold, by the dtype that a feature has.
_STORED_AS = {
  "string": tf.string,
  "float16": tf.float32,
  "float32": tf.float32,
  "float64": tf.float32,
  "bool": tf.int64,
}


def serialize(
  features: Mapping[str, np.ndarray], specs: Mapping[str, FeatureSpec]
) -> list[bytes]:
  """Returns a batch as serialized tf.Examples, one for each example.

  Args:
    features: arrays [batch, ...] by name.
    specs: type of each feature of one example, by name.
  """

  def feature(dtype, values):
    kind = _STORED_AS.get(dtype, tf.int64)
    flat = np.ravel(values)
    if kind == tf.string:
      return tf.train.Feature(
        bytes_list=tf.train.BytesList(value=flat.tolist())
      )
    if kind == tf.float32:
      return tf.train.Feature(
        float_list=tf.train.FloatList(value=flat.astype(np.float32))
      )
    return tf.train.Feature(
      int64_list=tf.train.Int64List(value=flat.astype(np.int64))
    )

  return [
    tf.train.Example(
      features=tf.train.Features(
        feature={
          name: feature(spec.dtype, features[name][row])
          for name, spec in specs.items()
        }
      )
    ).SerializeToString()
    for row in range(len(next(iter(features.values()))))
  ]


def make_serving_input_fn(
  specs: Mapping[str, FeatureSpec],
  *,
  image_sizes: Mapping[str, tuple[int, int]] | None = None,
) -> Callable[[], estimator.export.ServingInputReceiver]:
  """Returns a serving_input_receiver_fn.

  The signatures take the features by name, each [batch, ...]. Those whose name
  starts with "examples:" take `examples`, strings [batch] of serialized
  tf.Examples that hold the same features; those with "encoded_images:" take
  JPEG, PNG, GIF or BMP, strings [batch], in place of arrays of pixels.

  Args:
    specs: type of each feature of one example, by name.
    image_sizes: (height, width) that the module wants, by feature, of those
      that are images.
  """
  pixels = {
    name: size
    for name, size in (image_sizes or {}).items()
    if specs[name].dtype != "string" and len(specs[name].shape) in (2, 3)
  }

  def serving_input_fn():
    serialized = _optional_strings("examples")
    parsed = tf.io.parse_example(
      serialized,
      {
        name: tf.io.FixedLenFeature(
          spec.shape, _STORED_AS.get(spec.dtype, tf.int64)
        )
        for name, spec in specs.items()
      },
    )
    # Fed by name, these cut the parsing off.
    fed = {
      name: tf.identity(tf.cast(parsed[name], spec.dtype), name=f"feature_{i}")
      if spec.dtype != "string"
      else parsed[name]
      for i, (name, spec) in enumerate(sorted(specs.items()))
    }
    features = dict(fed)
    alternatives = {"examples": {"examples": serialized}}
    if pixels:
      encoded = {name: _optional_strings(f"encoded_{name}") for name in pixels}
      alternatives["encoded_images"] = {**fed, **encoded}
      for name, size in pixels.items():
        features[name] = _pixels_or_decoded(fed[name], encoded[name], size)
    return estimator.export.ServingInputReceiver(
      features=features,
      receiver_tensors=fed,
      receiver_tensors_alternatives=alternatives,
    )

  return serving_input_fn


def _optional_strings(name: str) -> tf.Tensor:
  nothing = tf.constant([], tf.string)
  return tf.placeholder_with_default(nothing, [None], name=name)


def _pixels_or_decoded(fed, encoded, size) -> tf.Tensor:
  """Returns images [batch, height, width, channels] from whichever was fed."""
  arrays = fed[..., tf.newaxis] if fed.shape.rank == 3 else fed
  channels = arrays.shape[3]

  def decode():
    images = adapters.decode_images(
      encoded, height=size[0], width=size[1], channels=channels
    )
    if fed.dtype.is_integer:
      images = tf.round(images * 255.0)
    return tf.cast(images, fed.dtype)

  images = tf.cond(tf.size(encoded) > 0, decode, lambda: arrays)
  images.set_shape([None, None, None, channels])
  return images
