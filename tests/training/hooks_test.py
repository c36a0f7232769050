import io

import pytest

from hub_estimator.tensorflow_runtime import tf
from hub_estimator.training import hooks


class _Terminal(io.StringIO):
  def isatty(self):
    return True


def test_a_terminal_gets_one_line_with_speed_and_time_left():
  stream = _Terminal()
  times = iter(range(0, 1000, 2))
  with tf.Graph().as_default():
    step = tf.train.get_or_create_global_step()
    train_op = tf.assign_add(step, 10)
    hook = hooks.ProgressHook(120, stream=stream, clock=lambda: next(times))
    with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
      for _ in range(3):
        session.run(train_op)
  lines = stream.getvalue().split("\r\x1b[K")
  assert "steps/s" in lines[1]
  assert " of 120, " in lines[1]
  assert lines[1].endswith(" left")
  assert lines[-1] == ""


def test_a_pipe_gets_nothing():
  stream = io.StringIO()
  with tf.Graph().as_default():
    step = tf.train.get_or_create_global_step()
    train_op = tf.assign_add(step, 1)
    hook = hooks.ProgressHook(10, stream=stream)
    with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
      session.run(train_op)
  assert stream.getvalue() == ""


@pytest.mark.parametrize(
  "seconds, text", [(0.4, "0:00"), (61, "1:01"), (3725, "1:02:05")]
)
def test_time_left_reads_like_a_clock(seconds, text):
  assert hooks._clock_text(seconds) == text


def _write_evaluations(path, metric, values):
  writer = tf.summary.FileWriter(str(path))
  for step, value in values.items():
    summary = tf.Summary(
      value=[tf.Summary.Value(tag=metric, simple_value=value)]
    )
    writer.add_summary(summary, step)
  writer.close()


@pytest.mark.parametrize(
  "values, smaller, min_steps, stop",
  [
    ({10: 0.5, 20: 0.6, 30: 0.7}, False, 0, False),
    ({10: 0.7, 20: 0.6, 30: 0.7}, False, 0, True),
    ({10: 0.7, 20: 0.6, 30: 0.6}, False, 20, False),
    ({10: 0.7, 20: 0.6, 30: 0.5}, True, 0, False),
    ({10: 0.5, 20: 0.6, 30: 0.7}, True, 0, True),
    ({}, False, 0, False),
  ],
)
def test_early_stopping_waits_its_patience(
  tmp_path, values, smaller, min_steps, stop
):
  with tf.Graph().as_default():
    _write_evaluations(tmp_path, "m", values)
  hook = hooks.EarlyStoppingHook(
    str(tmp_path),
    "m",
    patience_steps=20,
    min_steps=min_steps,
    smaller_is_better=smaller,
    every_steps=10,
  )
  assert hook.stands_still() == stop
