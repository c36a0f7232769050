"""Early stopping counts the steps since the best evaluation."""

import pytest

from hub_estimator.experiments import EarlyStopping
from hub_estimator.tensorflow_runtime import read_eval_metrics, tf
from hub_estimator.training.early_stopping_hook import has_stalled


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
  stopping = EarlyStopping("m", 20, min_steps, smaller)
  assert has_stalled(read_eval_metrics(str(tmp_path)), stopping) == stop
