"""Weights of a checkpoint that a new run starts with, and errors if none fit."""

import logging
import re

import numpy as np
import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.model_dir import starting_weights
from hub_estimator.model_dir.workdir import Workdir
from hub_estimator.tensorflow_runtime import estimator, tf
from tests.small_runs import make_regression

STORED = {"module/kernel": [[1.0, 2.0]], "head/bias": [3.0]}
MODEL = {"module/kernel": (1, 2), "head/bias": (2,), "head/kernel": (2, 1)}


@pytest.fixture
def stored(tmp_path):
  """Returns a model_dir with a checkpoint of `STORED`."""
  with tf.Graph().as_default(), tf.Session() as session:
    for name, value in STORED.items():
      tf.get_variable(name, initializer=tf.constant(value))
    session.run(tf.global_variables_initializer())
    tf.train.Saver().save(session, str(tmp_path / "stored/model.ckpt"), 7)
  return tmp_path / "stored"


def _find(stored, tmp_path, pattern="", variables=MODEL):
  workdir = Workdir.at(str(tmp_path / "run"))
  return starting_weights.find(str(stored), pattern, variables, workdir)


def test_variables_of_the_same_name_and_shape_are_taken(stored, tmp_path):
  for start_from in (stored, stored / "model.ckpt-7"):
    found = _find(start_from, tmp_path)
    assert found.taken == ["module/kernel"]
    assert found.new == ["head/bias", "head/kernel"]
    assert found.report()["checkpoint"] == str(stored / "model.ckpt-7")
  assert _find(stored, tmp_path, "^module").taken == ["module/kernel"]


def test_only_a_training_graph_starts_with_them(stored, tmp_path):
  found = _find(stored, tmp_path)
  modes = estimator.ModeKeys

  def model_fn(features, labels, mode, config=None):
    del features, labels, mode, config
    for name, shape in MODEL.items():
      tf.get_variable(name, shape, initializer=tf.zeros_initializer())

  for mode, first in ((modes.TRAIN, [[1.0, 2.0]]), (modes.EVAL, [[0.0, 0.0]])):
    with tf.Graph().as_default(), tf.Session() as session:
      found.taken_by(model_fn)(None, None, mode)
      session.run(tf.global_variables_initializer())
      kernel, bias = (v for v in tf.global_variables()[:2])
      np.testing.assert_array_equal(session.run(kernel), first)
      np.testing.assert_array_equal(session.run(bias), [0.0, 0.0])


def test_weights_that_do_not_fit_are_named_in_one_line(stored, tmp_path):
  with pytest.raises(UserError, match="'/none' holds no checkpoint"):
    _find("/none", tmp_path)
  with pytest.raises(
    UserError,
    match=r"holds none of this model's variables whose names match 'x\$'",
  ):
    _find(stored, tmp_path, "x$")
  own = Workdir.at(str(stored))
  with pytest.raises(UserError, match="lack.*head/bias, head/kernel"):
    starting_weights.find(str(stored), "", MODEL, own)
  same = {"module/kernel": (1, 2)}
  assert starting_weights.find(str(stored), "", same, own) is None
  assert starting_weights.is_own(str(stored), own)


@pytest.mark.slow
def test_the_start_is_logged_once(dense, numbers_npz, tmp_path, caplog):
  caplog.set_level(logging.INFO, logger="hub_estimator")
  runs.train(
    make_regression(dense, numbers_npz, max_steps=1), str(tmp_path / "old")
  )
  started = make_regression(
    dense, numbers_npz, max_steps=1, start_from=str(tmp_path / "old")
  )
  for _ in range(2):  # The second finds it done.
    runs.train(started, str(tmp_path / "new"))
  told = [m for m in caplog.messages if re.match("Starting from", m)]
  assert len(told) == 1
