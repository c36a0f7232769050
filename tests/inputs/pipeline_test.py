import json

import numpy as np
import pytest

from hub_estimator.inputs import (
  Examples,
  make_eval_input_fn,
  make_train_input_fn,
)
from hub_estimator.tensorflow_runtime import estimator, tf


def _examples(n):
  return Examples({"x": np.arange(n)}, np.arange(n), "here")


def _batches(input_fn, n, **kwargs):
  with tf.Graph().as_default(), tf.Session() as session:
    iterator = tf.data.make_initializable_iterator(input_fn(**kwargs))
    following = iterator.get_next()
    session.run(iterator.initializer)
    got = []
    for _ in range(n):
      try:
        got.append(session.run(following)[0]["x"].tolist())
      except tf.errors.OutOfRangeError:
        break
    return got


def test_training_resumes_at_the_batch_of_the_global_step():
  input_fn = make_train_input_fn(_examples(10), batch_size=4, seed=1)
  whole = _batches(input_fn, 8)
  assert all(len(batch) == 4 for batch in whole)
  with tf.Graph().as_default(), tf.Session() as session:
    step = tf.train.create_global_step()
    iterator = tf.data.make_initializable_iterator(input_fn())
    following = iterator.get_next()
    session.run(step.initializer)
    for start in (3, 5, 0):  # As in a graph that has trained before.
      step.load(start, session)
      session.run(iterator.initializer)
      (first, _) = session.run(following)
      assert first["x"].tolist() == whole[start]


def test_the_members_of_a_cluster_share_the_batches(monkeypatch, tmp_path):
  """Together they read what one process reads, and no batch twice."""
  input_fn = make_train_input_fn(_examples(10), batch_size=4, seed=1)
  alone = _batches(
    input_fn, 12, config=estimator.RunConfig(model_dir=str(tmp_path))
  )
  addresses = {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}
  read = {}
  for place, (kind, index) in enumerate(
    [("chief", 0), ("worker", 0), ("worker", 1)]
  ):
    value = {"cluster": addresses, "task": {"type": kind, "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(value))
    config = estimator.RunConfig(model_dir=str(tmp_path))
    read[place] = _batches(input_fn, 4, config=config)
  assert [read[i % 3][i // 3] for i in range(12)] == alone


def test_a_batch_may_be_larger_than_the_data():
  input_fn = make_train_input_fn(_examples(3), batch_size=8, seed=1)
  (batch,) = _batches(input_fn, 1)
  assert len(batch) == 8
  assert set(batch) == {0, 1, 2}


@pytest.mark.parametrize("n, sizes", [(10, [4, 4, 2]), (1, [1]), (8, [4, 4])])
def test_evaluation_reads_all_once_and_keeps_the_last_batch(n, sizes):
  batches = _batches(make_eval_input_fn(_examples(n), batch_size=4), 99)
  assert [len(batch) for batch in batches] == sizes
  assert sum(batches, []) == list(range(n))
