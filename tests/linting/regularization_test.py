import re

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


def test_kernels_without_regularization_are_found(tmp_path):
  def module_fn():
    x = placeholder(4)
    hub.add_signature(inputs=x, outputs=build_dense(x, l2=0))

  (finding,) = of_check(
    lint_path(export(tmp_path, module_fn)), "regularization"
  )
  assert (finding.severity, finding.what) == (
    "warning",
    "no regularization loss; trainable kernels: 1",
  )


@pytest.mark.parametrize(
  ("source", "severity", "message"),
  [
    (
      "activity",
      "error",
      r"1 of 1 losses depend on an input, such as \S+ on Place",
    ),
    ("constant", "warning", "1 of 1 losses read no variable"),
    (
      "bias",
      "advice",
      r"1 of 1 losses read biases or scales, such as .* reads bias",
    ),
  ],
)
def test_a_loss_that_is_not_computed_from_kernels_is_found(
  tmp_path, source, severity, message
):
  def module_fn():
    x = placeholder(4)
    y = build_dense(x, l2=0)
    bias = tf.get_variable("bias", [3])
    regularized = {"activity": y, "constant": tf.ones([]), "bias": bias}[source]
    tf.add_to_collection(
      tf.GraphKeys.REGULARIZATION_LOSSES, tf.nn.l2_loss(regularized)
    )
    hub.add_signature(inputs=x, outputs=y + bias)

  findings = lint_path(export(tmp_path, module_fn))
  (finding,) = of_check(findings, "regularization_loss")
  assert finding.severity == severity and re.search(message, finding.what)
