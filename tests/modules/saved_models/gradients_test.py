import pytest
import tensorflow

from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info
from tests.modules.saved_models.small_saved_models import save_module


def test_gradients_that_a_tf1_module_cannot_hold_are_refused(tmp_path):
  @tensorflow.custom_gradient
  def reverse(x):
    return tensorflow.identity(x), lambda upstream: -upstream

  path = save_module(
    tmp_path / "reversed",
    lambda module, x: reverse(x * module.w),
    tensorflow.TensorSpec([None], tensorflow.float32, "x"),
    w=tensorflow.Variable(2.0, name="w"),
  )
  with pytest.raises(
    UserError, match="defines gradients in Python, such as the gradient of w"
  ):
    read_module_info(path)
