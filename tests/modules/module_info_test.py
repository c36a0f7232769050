import shutil

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import module_info
from hub_estimator.modules.module_info import TensorInfo, read_module_info
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


def test_unknown_names_raise_with_the_nearest(batch_norm):
  info = read_module_info(batch_norm)
  with pytest.raises(UserError, match="did you mean 'default'"):
    info.signature("defualt")
  with pytest.raises(UserError, match="no output 'embedding'; It has: default"):
    info.output("default", "embedding")


def test_an_output_is_named_where_there_is_a_choice(shared_module):
  info = read_module_info(shared_module("dm21_DM21"))
  with pytest.raises(UserError, match="grid_contribution, system_contribution"):
    info.output("default", None)
  assert info.output("default", "grid_contribution") == "grid_contribution"


def test_the_attached_image_size_is_read(shared_module):
  path = shared_module("enlite0_96_feature_vector")
  assert read_module_info(path).image_size == (96, 96)


def test_a_broken_saved_model_gets_one_line(tmp_path):
  (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff\xff")
  (tmp_path / "tfhub_module.pb").write_bytes(b"\x08\x03")
  with pytest.raises(UserError, match="can't be read") as caught:
    read_module_info(str(tmp_path))
  assert "\n" not in str(caught.value)


def test_missing_custom_ops_are_named_with_their_package(dense, tmp_path):
  from tensorflow.core.protobuf import saved_model_pb2

  shutil.copytree(dense, tmp_path / "m")
  path = tmp_path / "m" / "saved_model.pb"
  proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
  for node in proto.meta_graphs[0].graph_def.node:
    if node.op == "Tanh":
      node.op = "SentencepieceOpOfNobody"
  path.write_bytes(proto.SerializeToString())
  info = read_module_info(str(tmp_path / "m"))
  with pytest.raises(
    UserError, match="SentencepieceOpOfNobody; they come with tensorflow-text"
  ):
    info.check_ops_registered()


def test_an_op_without_a_known_package_is_named_too():
  assert module_info._package_of("MyOwnOp") is None
  assert module_info._package_of("FastWordpieceTokenizeWithOffsets") == (
    "tensorflow-text"
  )


def test_unknown_rank_is_told(shared_module):
  info = read_module_info(shared_module("half_plus_two_v1"))
  assert info.signature("default").inputs["default"] == TensorInfo(
    "float32", None
  )
  assert "unknown rank" in str(info.signature("default").outputs["default"])


def test_parameters_are_counted_without_a_variable(shared_module):
  info = read_module_info(shared_module("glove50_20k"))
  shapes = [v.shape for v in info.variant().variables.values()]
  assert sum(int(np.prod(s)) for s in shapes) == 20001 * 50
  assert tf.global_variables() == []
