import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.exporting import serving
from hub_estimator.inputs import FeatureSpec
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment

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


@pytest.mark.slow
def test_signatures_take_encoded_images(shared_module, tmp_path):
  """JPEG and PNG bytes of any size, as well as pixels, give predictions."""
  path = shared_module("enlite0_96_feature_vector")
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, size=(6, 28, 28), dtype=np.uint8)
  np.savez(tmp_path / "d.npz", x=images, label=np.arange(6) % 2)
  experiment = make_experiment(
    path,
    str(tmp_path / "d.npz"),
    module_trainable=False,
    exports=exporting.Exports(["final"]),
    max_steps=2,
    eval_every_steps=2,
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  model = str(tmp_path / "run" / result.exports["final"]["model"])
  with tf.Graph().as_default(), tf.Session() as session:
    flat = np.full((96, 96, 1), 128, np.uint8)
    png = session.run(tf.io.encode_png(flat))
    jpeg = session.run(tf.io.encode_jpeg(np.full((40, 50, 3), 128, np.uint8)))
    loaded = tf.saved_model.load(session, ["serve"], model)

    def predict(signature, value):
      signature = loaded.signature_def[signature]
      return session.run(
        signature.outputs["logits"].name, {signature.inputs["x"].name: value}
      )

    from_bytes = predict("encoded_images:predict", [png, jpeg])
    from_pixels = predict("predict", np.full((1, 28, 28), 128, np.uint8))
  np.testing.assert_allclose(
    from_bytes[0], from_pixels[0], rtol=1e-3, atol=1e-4
  )
  np.testing.assert_allclose(
    from_bytes[1], from_pixels[0], rtol=1e-2, atol=1e-2
  )
