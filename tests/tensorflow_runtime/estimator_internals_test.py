"""Estimator's private names do what the library needs them for."""

import numpy as np
import pytest

from hub_estimator.tensorflow_runtime import estimator, tf
from hub_estimator.tensorflow_runtime import estimator_internals as internals


def _model_fn(features, labels, mode):
  predicted = tf.layers.dense(features, 1, name="dense")
  loss = tf.losses.mean_squared_error(labels, predicted)
  return estimator.EstimatorSpec(
    mode,
    loss=loss,
    train_op=tf.train.GradientDescentOptimizer(0.1).minimize(
      loss, tf.train.get_global_step()
    ),
    eval_metric_ops={"error": tf.metrics.mean_squared_error(labels, predicted)},
  )


def _input_fn():
  x = np.ones([4, 2], np.float32)
  return tf.data.Dataset.from_tensor_slices((x, x[:, :1] * 3)).batch(2)


@pytest.fixture
def made(tmp_path):
  config = estimator.RunConfig(
    str(tmp_path),
    tf_random_seed=1,
    session_config=tf.ConfigProto(intra_op_parallelism_threads=3),
  )
  return estimator.Estimator(_model_fn, config=config)


def test_sessions_open_with_the_config_that_was_set(made):
  config = internals.session_config(made)
  assert config.intra_op_parallelism_threads == 3
  config.device_count["CPU"] = 2
  assert not internals.session_config(made).device_count
  internals.set_session_config(made, config)
  assert internals.session_config(made).device_count == {"CPU": 2}
  assert not made.config.session_config.device_count

  class Look(estimator.SessionRunHook):
    def after_create_session(self, session, coord):
      self.devices = session.list_devices()

  look = Look()
  made.train(_input_fn, hooks=[look], steps=1)
  assert len(look.devices) == 2


def test_training_runs_in_a_graph_that_exists_already(made, tmp_path):
  seen = []

  def train(input_fn, hooks, saving_listeners):
    seen.append(input_fn)
    with tf.Graph().as_default():
      tf.train.create_global_step()
      features, labels = tf.data.make_one_shot_iterator(_input_fn()).get_next()
      spec = _model_fn(features, labels, estimator.ModeKeys.TRAIN)
      loss = internals.train_in_current_graph(
        made,
        spec,
        worker_hooks=[],
        hooks=hooks,
        saving_listeners=saving_listeners,
      )
    return loss

  internals.replace_training(made, train)
  assert made.train(None, max_steps=1) is made
  assert seen == [None]
  assert made.latest_checkpoint() == str(tmp_path / "model.ckpt-1")


def test_the_heads_of_a_multi_head_come_in_their_order():
  heads = [
    estimator.RegressionHead(name="a"),
    estimator.MultiClassHead(3, name="b"),
  ]
  assert internals.heads_of(estimator.MultiHead(heads)) == tuple(heads)


def test_written_metrics_are_read_by_their_step(tmp_path):
  with tf.Graph().as_default():
    internals.write_dict_to_summary(
      str(tmp_path), {"loss": np.float32(0.5), "global_step": 7}, 7
    )
  tf.summary.FileWriterCache.clear()
  assert internals.read_eval_metrics(str(tmp_path)) == {7: {"loss": 0.5}}


def test_a_batch_comes_with_labels_or_without():
  with tf.Graph().as_default(), tf.Session() as session:
    for data, labelled in (
      (({"x": [1]}, [2]), True),
      ({"x": [1]}, False),
    ):
      iterator = tf.data.make_initializable_iterator(
        tf.data.Dataset.from_tensors(data)
      )
      features, labels = internals.next_batch(iterator)
      session.run(iterator.initializer)
      assert session.run(features["x"]) == [1]
      assert (labels is not None) == labelled
