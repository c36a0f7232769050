import pytest

from hub_estimator.tensorflow_runtime import hub
from tests.linting.small_modules import (
  BOTH,
  build_dense,
  build_norm,
  export,
  lint_path,
  of_check,
  placeholder,
)

pytestmark = pytest.mark.newest


@pytest.mark.parametrize("momentum", [0.9, 0.99, 0.999])
def test_a_momentum_too_large_for_small_data_is_found(tmp_path, momentum):
  def module_fn(training):
    x = placeholder(4)
    y = build_norm(build_dense(x), training=training, momentum=momentum)
    hub.add_signature(inputs=x, outputs=y)

  findings = of_check(
    lint_path(export(tmp_path, module_fn, BOTH)), "batch_norm_momentum"
  )
  assert bool(findings) == (momentum == 0.999)
  if findings:
    assert "2 moving averages have a momentum of 0.999" in findings[0].what
    assert "4,603 steps" in findings[0].why


def test_batch_norm_without_updates_is_found(tmp_path):
  def module_fn(training):
    x = placeholder(4)
    y = build_norm(build_dense(x), training=training, updates=False)
    hub.add_signature(inputs=x, outputs=y)

  (finding,) = of_check(
    lint_path(export(tmp_path, module_fn, BOTH)), "batch_norm"
  )
  assert finding.severity == "error" and "no update ops" in finding.what


def test_batch_norm_on_batches_in_inference_is_found(tmp_path):
  def module_fn():
    x = placeholder(4)
    hub.add_signature(
      inputs=x, outputs=build_norm(build_dense(x), training=True, updates=False)
    )

  (finding,) = of_check(lint_path(export(tmp_path, module_fn)), "batch_norm")
  assert "normalize by the batch" in finding.what


def test_batch_norm_without_a_training_variant_is_found(tmp_path):
  def module_fn():
    x = placeholder(4)
    hub.add_signature(
      inputs=x, outputs=build_norm(build_dense(x), training=False)
    )

  (finding,) = of_check(lint_path(export(tmp_path, module_fn)), "train_variant")
  assert finding.severity == "warning"
