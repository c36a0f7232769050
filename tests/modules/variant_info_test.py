from hub_estimator.modules import TensorInfo, read_module_info


def test_an_unknown_rank_is_shown(shared_module):
  info = read_module_info(shared_module("half_plus_two_v1"))
  assert info.signature("default").inputs["default"] == TensorInfo(
    "float32", None
  )
  assert "unknown rank" in str(info.signature("default").outputs["default"])
