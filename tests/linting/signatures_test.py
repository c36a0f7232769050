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


def test_an_output_of_unknown_rank_is_found(shared_module):
  (finding,) = of_check(
    lint_path(shared_module("half_plus_two_v1")), "static_width"
  )
  assert finding.severity == "warning" and "unknown rank" in finding.what


def test_a_module_without_a_default_signature_is_found(tmp_path):
  def module_fn():
    x = placeholder(4)
    hub.add_signature("encode", inputs={"x": x}, outputs=build_dense(x))

  (finding,) = of_check(
    lint_path(export(tmp_path, module_fn)), "default_signature"
  )
  assert "there is no 'default', only encode" in finding.what


@pytest.mark.parametrize("width", [None, 7])
def test_an_image_signature_is_compared_with_the_common_one(tmp_path, width):
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    features = tf.reshape(images, [-1, 192])[:, :7]
    if width is None:
      features = tf.placeholder_with_default(features, [None, None])
    hub.add_signature(inputs={"images": images}, outputs=features)
    hub.add_signature(
      "image_feature_vector",
      inputs={"image": images},
      outputs=features,
    )

  findings = lint_path(export(tmp_path, module_fn))
  (finding,) = of_check(findings, "common_signature")
  assert "no input 'images'" in finding.what
  assert bool(of_check(findings, "static_width")) == (width is None)


def test_images_without_a_common_signature_get_advice(tmp_path):
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    hub.add_signature(inputs=images, outputs=tf.reshape(images, [-1, 192]))

  (finding,) = of_check(
    lint_path(export(tmp_path, module_fn)), "common_signature"
  )
  assert finding.severity == "advice"


def test_a_text_embedding_of_another_dtype_is_found(tmp_path):
  def module_fn():
    words = tf.placeholder(tf.string, [None])
    hub.add_signature(inputs=words, outputs=tf.strings.length(words))

  (finding,) = of_check(
    lint_path(export(tmp_path, module_fn)), "common_signature"
  )
  assert "text_embedding: output 'default' is int32" in finding.what


def test_hyperparameters_in_the_default_signature_are_found(tmp_path):
  def module_fn():
    x, rate = placeholder(4), tf.placeholder(tf.float32, [])
    hub.add_signature(
      inputs={"x": x, "rate": rate}, outputs=build_dense(x) * rate
    )

  (finding,) = of_check(
    lint_path(export(tmp_path, module_fn)), "hyperparameters"
  )
  assert (finding.severity, finding.what) == (
    "warning",
    "it takes hyperparameters: rate",
  )
