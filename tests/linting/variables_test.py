import os
import shutil

import pytest

from hub_estimator.tensorflow_runtime import hub, tf
from tests.linting.small_modules import (
  BOTH,
  build_dense,
  export,
  lint_path,
  of_check,
  placeholder,
)

pytestmark = pytest.mark.newest


@pytest.mark.parametrize("proximal", [True, False])
def test_an_optimizers_state_is_found(tmp_path, proximal):
  def module_fn():
    x = placeholder(4)
    y = build_dense(x)
    optimizer = (
      tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.1)
      if proximal
      else tf.train.AdamOptimizer()
    )
    optimizer.minimize(tf.nn.l2_loss(tf.trainable_variables()[0]))
    tf.get_default_graph().clear_collection(tf.GraphKeys.TRAIN_OP)
    hub.add_signature(inputs=x, outputs=y)

  (finding,) = of_check(
    lint_path(export(tmp_path, module_fn)), "optimizer_state"
  )
  assert finding.severity == "warning"
  assert ("L1 and L2 of a proximal optimizer" in finding.why) == proximal


def test_a_variable_that_only_another_variant_has_is_found(tmp_path):
  def module_fn(training):
    x = placeholder(4)
    y = build_dense(x)
    if training:
      y *= tf.get_variable("scale", [3])
    hub.add_signature(inputs=x, outputs=y)

  spec = hub.create_module_spec(
    module_fn, tags_and_args=[(set(), BOTH[0][1]), BOTH[1]]
  )
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(spec)  # The one without "scale".
    session.run(tf.global_variables_initializer())
    module.export(str(tmp_path / "m"), session)
  (finding,) = of_check(lint_path(tmp_path / "m"), "variables_stored")
  assert (finding.severity, finding.where) == ("error", "variant ['train']")
  assert "1 variables aren't stored: scale" in finding.what


def test_a_stored_variable_without_a_variant_is_found(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  reader = tf.train.load_checkpoint(f"{dense}/variables/variables")
  with tf.Graph().as_default(), tf.Session() as session:
    values = {n: reader.get_tensor(n) for n in ("kernel", "bias")}
    saved = {n: tf.Variable(v) for n, v in values.items()}
    saved["slot"] = tf.Variable(1.0)
    session.run(tf.global_variables_initializer())
    tf.train.Saver(saved).save(
      session, f"{copy}/variables/variables", write_meta_graph=False
    )
  os.unlink(f"{copy}/variables/checkpoint")
  (finding,) = of_check(lint_path(copy), "variables_stored")
  assert "1 stored variables belong to no variant: slot" in finding.what
