import numpy as np

from hub_estimator.modules import TensorInfo, read_module_info
from hub_estimator.tensorflow_runtime import hub, tf


def test_a_module_is_described_as_hub_finds_it(batch_norm):
  info = read_module_info(batch_norm)
  assert set(info.variants) == {frozenset(), frozenset({"train"})}
  train = info.variant(["train"])
  assert set(train.signatures) == {"default", "other"}
  assert train.signatures["default"].inputs == {
    "x": TensorInfo("float32", (None, 4))
  }
  assert len(train.update_ops) == 4
  with tf.Graph().as_default():
    module = hub.Module(batch_norm, trainable=True, tags={"train"})
    shapes = {
      n: tuple(v.shape.as_list()) for n, v in module.variable_map.items()
    }
    trainable = {
      v.op.name.removeprefix("module/") for v in tf.trainable_variables()
    }
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
  assert {n: v.shape for n, v in train.variables.items()} == shapes
  assert {n for n, v in train.variables.items() if v.trainable} == trainable
  assert len(train.regularization_losses) == len(losses) == 1


def test_parameters_are_counted_without_a_variable(shared_module):
  info = read_module_info(shared_module("glove50_20k"))
  shapes = [v.shape for v in info.variant().variables.values()]
  assert sum(int(np.prod(s)) for s in shapes) == 20001 * 50
  assert tf.global_variables() == []
