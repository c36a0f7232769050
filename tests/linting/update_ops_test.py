import pytest

from hub_estimator.tensorflow_runtime import hub, tf
from tests.linting.small_modules import (
  build_dense,
  export,
  lint_path,
  of_check,
  placeholder,
)

pytestmark = pytest.mark.newest


def test_updates_of_only_one_signature_are_found(batch_norm):
  findings = of_check(lint_path(batch_norm), "update_ops")
  assert len(findings) == 2
  assert (
    "belong only to the signature default, not to other" in findings[0].what
  )


def test_updates_without_an_input_or_in_inference_are_found(tmp_path):
  def module_fn():
    x = placeholder(4)
    count = tf.get_variable("count", [], trainable=False)
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign_add(count, 1.0).op)
    hub.add_signature(inputs=x, outputs=build_dense(x))

  found_texts = [
    f.what
    for f in of_check(lint_path(export(tmp_path, module_fn)), "update_ops")
  ]
  assert found_texts == [
    "1 update ops",
    "AssignAddVariableOp and 0 more depend on no input",
  ]
