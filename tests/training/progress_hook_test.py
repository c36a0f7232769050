"""Training reports its steps."""

from hub_estimator import progress
from hub_estimator.tensorflow_runtime import tf
from hub_estimator.training.progress_hook import ProgressHook


def test_a_listener_hears_the_first_step_the_last_and_some_between():
  heard, times = [], iter(range(0, 1000, 2))
  with tf.Graph().as_default():
    step = tf.train.get_or_create_global_step()
    train_op = tf.assign_add(step, 10)
    hook = ProgressHook(30, clock=lambda: next(times))
    with progress.listen(heard.append):
      with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
        for _ in range(3):
          session.run(train_op)
  assert {(r.what, r.total, r.unit) for r in heard} == {
    ("training", 30, "steps")
  }
  steps = [r.done for r in heard]
  assert steps[0] == 0
  assert steps[-1] == 30
  assert len(steps) > 2


def test_reports_keep_their_distance():
  heard = []
  with tf.Graph().as_default():
    step = tf.train.get_or_create_global_step()
    train_op = tf.assign_add(step, 1)
    hook = ProgressHook(10, clock=lambda: 0.0)
    with progress.listen(heard.append):
      with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
        for _ in range(10):
          session.run(train_op)
  assert [r.done for r in heard] == [0, 10]


def test_the_loss_of_the_step_is_reported():
  heard = []
  with tf.Graph().as_default():
    step = tf.train.get_or_create_global_step()
    train_op = tf.assign_add(step, 1)
    # As Estimator does: regularization before the loss of the step.
    tf.losses.add_loss(tf.constant(7.0))
    tf.losses.add_loss(tf.cast(step, tf.float32) * 0.5)
    hook = ProgressHook(3, every_secs=0)
    with progress.listen(heard.append):
      with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
        for _ in range(3):
          session.run(train_op)
  assert heard[0].values == {}
  assert all(set(r.values) == {"loss"} for r in heard[1:])
  assert all(r.values["loss"] <= 1.5 for r in heard[1:])
