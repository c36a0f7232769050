"""serving_input_receiver_fns from the types of a run's features."""

from collections.abc import Callable, Mapping

from hub_estimator.inputs import FeatureSpec
from hub_estimator.tensorflow_runtime import estimator, tf

# What a tf.Example can hold, by the dtype that a feature has.
_STORED_AS = {
  "string": tf.string,
  "float16": tf.float32,
  "float32": tf.float32,
  "float64": tf.float32,
  "bool": tf.int64,
}


def make_serving_input_fn(
  specs: Mapping[str, FeatureSpec],
) -> Callable[[], estimator.export.ServingInputReceiver]:
  """Returns a serving_input_receiver_fn.

  The signatures take the features by name, each [batch, ...]; those whose name
  ends in `_examples` take `examples`, strings [batch] of serialized
  tf.Examples that hold the same features.

  Args:
    specs: type of each feature of one example, by name.
  """

  def serving_input_fn():
    serialized = tf.placeholder(tf.string, [None], name="examples")
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
    features = {
      name: tf.identity(tf.cast(parsed[name], spec.dtype), name=f"feature_{i}")
      if spec.dtype != "string"
      else parsed[name]
      for i, (name, spec) in enumerate(sorted(specs.items()))
    }
    return estimator.export.ServingInputReceiver(
      features=features,
      receiver_tensors=dict(features),
      receiver_tensors_alternatives={"examples": {"examples": serialized}},
    )

  return serving_input_fn
