from hub_estimator.modules import custom_ops


def test_the_package_of_an_op_is_found_by_name_or_prefix():
  assert custom_ops.package_of("MyOwnOp") is None
  assert custom_ops.package_of("FastWordpieceTokenizeWithOffsets") == (
    "tensorflow-text"
  )
