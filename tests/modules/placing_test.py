import logging

import numpy as np

from hub_estimator import modules, testing
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import tf

TRAIN, EVAL, PREDICT = "train", "eval", "infer"


def test_variables_have_the_same_names_in_all_modes(batch_norm):
  info = read_module_info(batch_norm)
  names = []
  for mode in (TRAIN, EVAL, PREDICT):
    with tf.Graph().as_default():
      placed = modules.place(info, modules.ModuleSource(batch_norm), mode=mode)
      names.append(sorted(v.op.name for v in placed.variables))
  assert names[0] == names[1] == names[2]
  assert names[0][0] == "module/gamma"


def test_only_update_ops_of_the_applied_signature_are_taken(batch_norm):
  info = read_module_info(batch_norm)
  with tf.Graph().as_default(), tf.Session() as session:
    placed = modules.place(info, modules.ModuleSource(batch_norm), mode=TRAIN)
    x = tf.constant(np.ones((8, 4), np.float32))
    _, first = placed.apply({"x": x})
    assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 4
    assert len(first) == 2
    session.run(tf.global_variables_initializer())
    variance = placed.module.variable_map["moving_variance"]
    before = session.run(variance)
    session.run(first)  # Those of the other signature would fail here.
    np.testing.assert_allclose(session.run(variance), 0.9 * before, rtol=1e-5)


def test_a_frozen_module_has_no_losses_and_nothing_to_train(batch_norm):
  info = read_module_info(batch_norm)
  with tf.Graph().as_default():
    placed = modules.place(
      info, modules.ModuleSource(batch_norm, trainable=False), mode=TRAIN
    )
    assert placed.regularization_losses == ()
    assert placed.trainable_variables == []


def test_an_activity_regularizer_is_left_out_and_named(tmp_path, caplog):
  path = testing.batch_norm_module(
    str(tmp_path / "m"), activity_regularizer=True
  )
  with tf.Graph().as_default():
    with caplog.at_level(logging.WARNING, "hub_estimator"):
      placed = modules.place(
        read_module_info(path), modules.ModuleSource(path), mode=TRAIN
      )
    assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 2
    assert len(placed.regularization_losses) == 1
  assert "activity_regularizer" in caplog.text
  assert "left out" in caplog.text


def test_a_real_module_with_two_signatures(shared_module):
  path = shared_module("enlite0_96_feature_vector")
  info = read_module_info(path)
  with tf.Graph().as_default():
    placed = modules.place(info, modules.ModuleSource(path), mode=TRAIN)
    _, update_ops = placed.apply({"images": tf.zeros([2, 96, 96, 3])})
    assert len(placed.regularization_losses) == 33
    assert len(placed.trainable_variables) == 147
    # 49 batch norms, a mean and a variance each; both signatures have them.
    assert len(update_ops) == 98
