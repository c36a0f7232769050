"""Evaluation restores averages of the variables that training averages."""

import numpy as np
import pytest

from hub_estimator import modules, optimizers
from hub_estimator.model import encoders
from hub_estimator.model.averaged_weights import restore_averages
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.tensorflow_runtime import tf


def _restored_names(handle, source) -> set[str]:
  """Returns the names that a graph of evaluation restores."""
  info = read_module_info(handle)
  with tf.Graph().as_default():
    tf.train.create_global_step()
    modules.place(info, source, mode="eval")
    tf.get_variable("head/logits/kernel", [3, 1], use_resource=True)
    scaffold = restore_averages({source.name: info}, encoders.Encoder(source))
    saver = scaffold.saver.as_saver_def()
    graph = tf.get_default_graph()
    prefix = saver.restore_op_name.rpartition("/")[0]
    names = graph.get_tensor_by_name(f"{prefix}/RestoreV2/tensor_names:0")
    with tf.Session() as session:
      return {name.decode() for name in session.run(names)}


@pytest.mark.parametrize("trainable", [True, False])
def test_averages_replace_the_variables_that_are_trained(batch_norm, trainable):
  names = _restored_names(
    batch_norm, ModuleSource(batch_norm, trainable=trainable)
  )
  average = optimizers.average_name
  assert average("head/logits/kernel") in names
  assert "global_step" in names
  assert "module/moving_mean" in names  # A statistic has no average.
  kept = {average("module/kernel"), "module/kernel"} & names
  assert kept == {average("module/kernel") if trainable else "module/kernel"}


def test_restored_values_are_the_averages(tmp_path):
  with tf.Graph().as_default(), tf.Session() as session:
    weights = tf.get_variable("w", [2], use_resource=True)
    averaged = tf.get_variable(
      optimizers.average_name("w"), initializer=[3.0, 4.0]
    )
    session.run(tf.global_variables_initializer())
    path = tf.train.Saver().save(session, str(tmp_path / "ckpt"))
    assert averaged.shape == weights.shape
  with tf.Graph().as_default(), tf.Session() as session:
    weights = tf.get_variable("w", [2], use_resource=True)
    columns = encoders.Columns([_NoColumn()])
    restore_averages({}, columns).saver.restore(session, path)
    np.testing.assert_array_equal(session.run(weights), [3.0, 4.0])


class _NoColumn:
  key = "x"

  def build(self, feature):
    raise AssertionError("no graph is built")
