import shutil

import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info


def test_unknown_names_raise_with_the_nearest(batch_norm):
  info = read_module_info(batch_norm)
  with pytest.raises(UserError, match="did you mean 'default'"):
    info.signature("defualt")
  with pytest.raises(UserError, match="no output 'embedding'; it has: default"):
    info.output("default", "embedding")


def test_an_output_is_named_where_there_is_a_choice(shared_module):
  info = read_module_info(shared_module("dm21_DM21"))
  with pytest.raises(UserError, match="grid_contribution, system_contribution"):
    info.output("default", None)
  assert info.output("default", "grid_contribution") == "grid_contribution"


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
    UserError, match="SentencepieceOpOfNobody; import the Python package that"
  ):
    info.check_ops_registered()


def test_the_repr_is_one_line_with_handle_variants_and_signatures(batch_norm):
  assert repr(read_module_info(batch_norm)) == (
    f"ModuleInfo({batch_norm!r}: variants [], ['train']; "
    "signatures default, other)"
  )
