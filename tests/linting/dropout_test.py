import pytest

from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo
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
      seed = tf.random.uniform([2], maxval=9, dtype=tf.int32)
      y *= tf.random.stateless_uniform([3], seed=seed)
    else:
      y = tf.nn.dropout(y, rate=0.5)
    hub.add_signature(inputs=x, outputs=y)

  (finding,) = of_check(lint_path(export(tmp_path, module_fn)), "dropout")
  assert finding.severity == "error"
  assert "output 'default' is random: RandomUniform" in finding.what


def test_draws_with_a_constant_seed_are_the_same_each_time(tmp_path):
  def module_fn():
    x = placeholder(4)
    y = build_dense(x) * tf.random.stateless_uniform([3], seed=[1, 2])
    hub.add_signature(inputs=x, outputs=y)

  assert not of_check(lint_path(export(tmp_path, module_fn)), "dropout")


def test_a_sample_beside_the_main_output_is_advice(tmp_path):
  findings = lint_path(module_zoo.vae(tmp_path / "m"))
  assert not of_check(findings, "dropout")
  (finding,) = of_check(findings, "random_outputs")
  assert finding.severity == "advice"
  assert (
    "outputs 'rawsample', 'reconstructions:x' are random: RandomStandardNormal; "
    "the other 2 are not"
  ) in finding.what


def test_random_initializers_are_not_dropout(dense):
  assert not of_check(lint_path(dense), "dropout")
