"""Serving inputs: which signatures an exported model has, from a run's features."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from hub_estimator.inputs import FeatureSpec
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, tf

# How a tf.Example holds a feature, by the feature's dtype; integers as int64.
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
  return [
    tf.train.Example(
      features=tf.train.Features(
        feature={
          name: _feature(spec.dtype, features[name][row])
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
  pixel_ranges: Mapping[str, tuple[float, float]] | None = None,
  passed: Mapping[str, FeatureSpec] | None = None,
) -> Callable[[], estimator.export.ServingInputReceiver]:
  """Returns a serving_input_receiver_fn.

  The exported signatures take the features by name, each [batch, ...]. The ones
  whose names start with "examples:" take `examples` instead, strings [batch] of
  serialized tf.Examples that hold the same features. Features that vary in length
  are padded as `FeatureSpec.padding` says; in tf.Examples they need no padding. The
  ones that start with "encoded_images:" take JPEG, PNG, GIF, BMP or WebP bytes,
  strings [batch], instead of arrays of pixels.

  Args:
    specs: type of each feature of one example, by name.
    image_sizes: (height, width) that the module expects, by the names of the
      features that are images; None if there are none.
    pixel_ranges: values of black and white by the names of features; any other
      feature goes by its dtype.
    passed: type of each column that signatures take, and the model doesn't read;
      None if there are none. A tf.Example may lack them.
  """
  taken = {**(passed or {}), **specs}
  pixels = {
    name: size
    for name, size in (image_sizes or {}).items()
    if specs[name].dtype != "string" and len(specs[name].shape) in (2, 3)
  }

  def serving_input_fn() -> estimator.export.ServingInputReceiver:
    serialized = _optional_strings("examples")
    fed = _parse(serialized, taken, optional=taken.keys() - specs.keys())
    features = {name: fed[name] for name in specs}
    alternatives = {"examples": {"examples": serialized}}
    if pixels:
      encoded = {name: _optional_strings(f"encoded_{name}") for name in pixels}
      alternatives["encoded_images"] = {**fed, **encoded}
      for name, size in pixels.items():
        stated = (pixel_ranges or {}).get(name)
        features[name] = _pixels_or_decoded(
          fed[name],
          encoded[name],
          size,
          adapters.pixels.range_of(specs[name].dtype, stated),
        )
    return estimator.export.ServingInputReceiver(
      features=features,
      receiver_tensors=fed,
      receiver_tensors_alternatives=alternatives,
    )

  return serving_input_fn


def _stored_as(dtype: str) -> tf.DType:
  return _STORED_AS.get(dtype, tf.int64)


def _feature(dtype: str, values: Any) -> tf.train.Feature:
  """Returns the values of one feature of one example, flat."""
  stored_as = _stored_as(dtype)
  flat = np.ravel(values)
  if stored_as == tf.string:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=flat.tolist()))
  if stored_as == tf.float32:
    return tf.train.Feature(
      float_list=tf.train.FloatList(value=flat.astype(np.float32))
    )
  return tf.train.Feature(
    int64_list=tf.train.Int64List(value=flat.astype(np.int64))
  )


def _parse(
  serialized: tf.Tensor,
  specs: Mapping[str, FeatureSpec],
  *,
  optional: Collection[str],
) -> dict[str, tf.Tensor]:
  """Returns features [batch, ...] by name, which can also be fed directly."""
  parsers = {name: _parser(spec) for name, spec in specs.items()}
  for name in optional:
    default = "" if specs[name].dtype == "string" else 0
    parsers[name] = tf.io.FixedLenFeature(
      [], _stored_as(specs[name].dtype), default
    )
  parsed = tf.io.parse_example(serialized, parsers)
  # If these are fed, TensorFlow skips the parsing. None is an output of its op: then
  # TensorFlow 2 couldn't load a model with other features that were cast.
  return {
    name: tf.identity(_cast(name, parsed[name], spec), name=f"feature_{i}")
    for i, (name, spec) in enumerate(sorted(specs.items()))
  }


def _cast(name: str, values: tf.Tensor, spec: FeatureSpec) -> tf.Tensor:
  """Returns values as a feature's dtype; running it fails if one would change."""
  dtype = tf.as_dtype(spec.dtype)
  cast = tf.cast(values, dtype)
  if not dtype.is_integer or dtype == values.dtype:
    return cast
  same = tf.reduce_all(tf.equal(tf.cast(cast, values.dtype), values))
  message = f"the feature {name} is {spec.dtype}, and an example is beyond it"
  with tf.control_dependencies([tf.debugging.Assert(same, [message])]):
    return tf.identity(cast)


def _parser(spec: FeatureSpec) -> Any:
  """Returns how `tf.io.parse_example` reads a feature; lists are padded."""
  stored_as = _stored_as(spec.dtype)
  if not spec.is_ragged:
    return tf.io.FixedLenFeature(spec.shape, stored_as)
  return tf.io.FixedLenSequenceFeature(
    spec.shape[1:], stored_as, allow_missing=True, default_value=spec.padding
  )


def _optional_strings(name: str) -> tf.Tensor:
  """Returns strings [batch] that can be fed, and are empty otherwise."""
  nothing = tf.constant([], tf.string)
  return tf.placeholder_with_default(nothing, [None], name=name)


def _pixels_or_decoded(
  fed: tf.Tensor,
  encoded: tf.Tensor,
  size: tuple[int, int],
  pixel_range: tuple[float, float],
) -> tf.Tensor:
  """Returns images [batch, height, width, channels] from the input that is fed.

  Args:
    fed: pixels [batch, height, width] or [batch, height, width, channels].
    encoded: strings [batch], or none.
    size: (height, width) of decoded images.
    pixel_range: values of black and white in the result.
  """
  black, white = pixel_range
  arrays = fed[..., tf.newaxis] if fed.shape.rank == 3 else fed
  channels = arrays.shape[3]

  def decode() -> tf.Tensor:
    images = adapters.decode_images(
      encoded, height=size[0], width=size[1], channels=channels
    )
    if (black, white) != (0.0, 1.0):
      images = images * (white - black) + black
    if fed.dtype.is_integer:
      images = tf.round(images)
    return tf.cast(images, fed.dtype)

  images = tf.cond(tf.size(encoded) > 0, decode, lambda: arrays)
  images.set_shape([None, None, None, channels])
  return images
