import numpy as np
import pytest

from hub_estimator import modules
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import tf


def _save(session, path):
  return tf.train.Saver(allow_empty=True).save(session, str(path))


@pytest.fixture
def placed(batch_norm, tmp_path):
  """Returns a checkpoint of a placed, frozen module, and its source."""
  source = modules.ModuleSource(batch_norm, trainable=False)
  with tf.Graph().as_default(), tf.Session() as session:
    modules.place(read_module_info(batch_norm), source, mode="train")
    session.run(tf.global_variables_initializer())
    return _save(session, tmp_path / "placed"), source


def test_a_checkpoint_has_the_weights_that_placing_would_put_there(
  placed, tmp_path
):
  checkpoint, source = placed
  info = read_module_info(source.handle)
  with tf.Graph().as_default(), tf.Session() as session:
    modules.store_variables(info, source, mode="train")
    assert tf.global_variables() == []
    stored = tf.train.load_checkpoint(_save(session, tmp_path / "stored"))
  expected = tf.train.load_checkpoint(checkpoint)
  names = set(expected.get_variable_to_shape_map())
  assert set(stored.get_variable_to_shape_map()) == names
  for name in names:
    np.testing.assert_array_equal(
      stored.get_tensor(name), expected.get_tensor(name)
    )


def test_own_weights_are_told_from_changed_ones(placed, tmp_path):
  checkpoint, source = placed
  info = read_module_info(source.handle)
  reader = tf.train.load_checkpoint(checkpoint)
  values = {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}
  assert modules.has_own_weights(info, source, checkpoint, taken=values)
  with tf.Graph().as_default(), tf.Session() as session:
    values["module/gamma"] = values["module/gamma"] + 1
    saved = {n: tf.Variable(v) for n, v in values.items()}
    session.run(tf.global_variables_initializer())
    changed = tf.train.Saver(saved).save(session, str(tmp_path / "changed"))
  assert not modules.has_own_weights(info, source, changed, taken=values)
  others = set(values) - {"module/gamma"}
  assert modules.has_own_weights(info, source, changed, taken=others)
