"""Signatures of modules, and the inputs that an adapter builds for them."""

import numpy as np

from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import Adapter, build_module_inputs
from hub_estimator.tensorflow_runtime import tf

IMAGE = SignatureInfo({"images": TensorInfo("float32", (None, 4, 4, 3))}, {})
TWO = SignatureInfo(
  {
    "a": TensorInfo("float32", (None, 1)),
    "b": TensorInfo("float32", (None, 2)),
  },
  {},
)
TEXT = SignatureInfo({"default": TensorInfo("string", (None,))}, {})
HYPER = SignatureInfo(
  {
    "x": TensorInfo("float32", (None, 2)),
    "momentum": TensorInfo("float32", ()),
  },
  {},
)


def feed(
  signature: SignatureInfo,
  features: dict[str, np.ndarray],
  adapter: Adapter | None = None,
  image_size: tuple[int, int] | None = None,
  mode: str = "train",
) -> dict[str, np.ndarray]:
  """Returns the values of a signature's inputs for a batch of features."""
  with tf.Graph().as_default(), tf.Session() as session:
    tensors = {
      name: tf.constant(value)
      if value.dtype.kind == "O"
      else tf.placeholder_with_default(value, [None, *value.shape[1:]])
      for name, value in features.items()
    }
    return session.run(
      build_module_inputs(
        adapter or Adapter(),
        signature,
        tensors,
        image_size=image_size,
        mode=mode,
      )
    )
