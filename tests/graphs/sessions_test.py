"""Sessions that start quickly have the same values as others."""

import numpy as np

from hub_estimator.graphs import sessions
from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tf,
)


def _build():
  with tf.variable_scope("", use_resource=True):
    weights = tf.get_variable(
      "w", [3], initializer=tf.random_normal_initializer(seed=1)
    )
    counted = tf.get_local_variable("n", [], initializer=tf.ones_initializer())
  table = tf.lookup.StaticHashTable(
    tf.lookup.KeyValueTensorInitializer(["a"], [7]), -1
  )
  return weights, counted, table.lookup(tf.constant("a"))


def _run(scaffold, fetches, **kwargs):
  creator = tf.train.ChiefSessionCreator(scaffold, **kwargs)
  with tf.train.MonitoredSession(creator) as session:
    return session.run(fetches)


def test_variables_and_tables_have_values_initialized_or_restored(tmp_path):
  with tf.Graph().as_default(), tf.Session() as session:
    weights, _, _ = _build()
    session.run(weights.initializer)
    first = session.run(weights)
    session.run(weights.assign([1.0, 2.0, 3.0]))
    path = tf.train.Saver().save(session, str(tmp_path / "ckpt"))
  for restored in (None, path):
    with tf.Graph().as_default():
      fetches = _build()
      scaffold = sessions.ready_scaffold(tf.train.Scaffold())
      w, n, found = _run(
        scaffold, fetches, checkpoint_filename_with_path=restored
      )
    np.testing.assert_array_equal(w, [1, 2, 3] if restored else first)
    assert (n, found) == (1, 7)


def test_a_ready_scaffold_keeps_the_saver_and_the_init_fn():
  with tf.Graph().as_default():
    weights, _, _ = _build()
    called = []
    saver = tf.train.Saver([weights])
    scaffold = sessions.ready_scaffold(
      tf.train.Scaffold(
        saver=saver, init_fn=lambda scaffold, session: called.append(scaffold)
      )
    )
    _run(scaffold, weights)
  assert scaffold.saver is saver
  assert called == [scaffold]


def test_only_the_given_estimator_leaves_its_graphs(tmp_path):
  config = estimator.RunConfig(
    session_config=tf.ConfigProto(intra_op_parallelism_threads=3)
  )
  made, other = (
    estimator.Estimator(lambda features: None, str(tmp_path / name), config)
    for name in ("made", "other")
  )
  sessions.leave_graphs(made)
  config = estimator_internals.session_config(made)
  assert config.graph_options.rewrite_options.disable_meta_optimizer
  assert config.intra_op_parallelism_threads == 3
  untouched = estimator_internals.session_config(other).graph_options
  assert not untouched.rewrite_options.disable_meta_optimizer
