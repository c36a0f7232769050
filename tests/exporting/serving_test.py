import numpy as np

from hub_estimator.exporting import serving
from hub_estimator.inputs import FeatureSpec
from hub_estimator.tensorflow_runtime import tf

SPECS = {
  "text": FeatureSpec("string"),
  "pixels": FeatureSpec("uint8", (2, 2)),
  "x": FeatureSpec("float32", (3,)),
  "n": FeatureSpec("int64"),
}


def _example():
  def ints(*values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

  return tf.train.Example(
    features=tf.train.Features(
      feature={
        "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"hi"])),
        "pixels": ints(1, 2, 3, 255),
        "x": tf.train.Feature(float_list=tf.train.FloatList(value=[1, 2, 3])),
        "n": ints(7),
      }
    )
  ).SerializeToString()


def test_features_are_fed_by_name_or_as_tf_examples():
  with tf.Graph().as_default(), tf.Session() as session:
    receiver = serving.make_serving_input_fn(SPECS)()
    assert {
      k: (t.dtype.name, t.shape.as_list()) for k, t in receiver.features.items()
    } == {
      "text": ("string", [None]),
      "pixels": ("uint8", [None, 2, 2]),
      "x": ("float32", [None, 3]),
      "n": ("int64", [None]),
    }
    examples = receiver.receiver_tensors_alternatives["examples"]["examples"]
    parsed = session.run(receiver.features, {examples: [_example()] * 2})
    np.testing.assert_array_equal(parsed["pixels"][1], [[1, 2], [3, 255]])
    assert parsed["text"].tolist() == [b"hi", b"hi"]
    raw = {
      "text": [b"a"],
      "pixels": np.ones((1, 2, 2), np.uint8),
      "x": np.ones((1, 3), np.float32),
      "n": [3],
    }
    fed = session.run(
      receiver.features,
      {receiver.receiver_tensors[name]: value for name, value in raw.items()},
    )
    for name, value in raw.items():
      np.testing.assert_array_equal(fed[name], value)


def test_lists_of_any_length_are_served_padded():
  specs = {
    "tokens": FeatureSpec("string", (None,)),
    "ids": FeatureSpec("int64", (None,), sparse=True),
  }
  batch = {
    "tokens": np.array([[b"a", b"b"]], object),
    "ids": np.array([[0, 4, 5]]),
  }
  short = {"tokens": np.array([[b"c"]], object), "ids": np.array([[7]])}
  examples = [serving.serialize(values, specs)[0] for values in (batch, short)]
  with tf.Graph().as_default(), tf.Session() as session:
    receiver = serving.make_serving_input_fn(specs)()
    serialized = receiver.receiver_tensors_alternatives["examples"]["examples"]
    got = session.run(receiver.features, {serialized: examples})
  assert got["tokens"].tolist() == [[b"a", b"b"], [b"c", b""]]
  assert got["ids"].tolist() == [[0, 4, 5], [7, -1, -1]]


def test_tensorflow_2_loads_a_model_of_strings_beside_smaller_types(tmp_path):
  specs = {
    "text": FeatureSpec("string"),
    "n": FeatureSpec("int32"),
    "flag": FeatureSpec("bool"),
    "half": FeatureSpec("float16"),
  }
  with tf.Graph().as_default(), tf.Session() as session:
    receiver = serving.make_serving_input_fn(specs)()
    features = receiver.features
    total = tf.cast(features["n"], tf.float32)
    total += tf.cast(features["half"], tf.float32)
    total += tf.cast(features["flag"], tf.float32)
    total += tf.cast(tf.strings.length(features["text"]), tf.float32)
    tf.saved_model.simple_save(
      session, str(tmp_path / "m"), receiver.receiver_tensors, {"total": total}
    )
  loaded = tf.saved_model.load_v2(str(tmp_path / "m"))
  got = loaded.signatures["serving_default"](
    text=tf.constant(["abc"]),
    n=tf.constant([10], tf.int32),
    flag=tf.constant([True]),
    half=tf.constant([0.5], tf.float16),
  )
  assert got["total"].numpy().tolist() == [14.5]
