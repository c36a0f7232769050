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


@pytest.mark.parametrize("stateless", [False, True])
def test_dropout_in_inference_is_found(tmp_path, stateless):
  def module_fn():
    x = placeholder(4)
    y = build_dense(x)
    if stateless:
      y *= tf.random.stateless_uniform([3], seed=[1, 2])
    else:
      y = tf.nn.dropout(y, rate=0.5)
    hub.add_signature(inputs=x, outputs=y)

  (finding,) = of_check(lint_path(export(tmp_path, module_fn)), "dropout")
  assert finding.severity == "error"


def test_random_initializers_are_not_dropout(dense):
  assert not of_check(lint_path(dense), "dropout")
