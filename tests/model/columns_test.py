"""Columns: features beside a module, as the numbers that NumPy gives."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.model import columns
from hub_estimator.model.columns import (
  Bucketized,
  Categorical,
  Numeric,
  build_dense,
)
from hub_estimator.tensorflow_runtime import tf

FEATURES = {
  "age": np.array([20, 40, 60], np.int64),
  "size": np.array([[1, 2], [3, 4], [5, 6]], np.float32),
  "color": np.array([b"red", b"blue", b"none"], object),
}


def _dense(*columns):
  with tf.Graph().as_default(), tf.Session() as session:
    features = {
      k: tf.constant(v, tf.string if v.dtype == object else None)
      for k, v in FEATURES.items()
    }
    dense = build_dense(columns, features)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(dense)


def test_numbers_are_scaled_and_flattened():
  np.testing.assert_allclose(
    _dense(Numeric("age", mean=40, standard_deviation=20), Numeric("size")),
    [[-1, 1, 2], [0, 3, 4], [1, 5, 6]],
  )


def test_buckets_and_categories_are_one_hot():
  np.testing.assert_array_equal(_dense(Bucketized("age", [30, 50])), np.eye(3))
  one_hot = [[1, 0], [0, 1], [0, 0]]
  column = Categorical("color", vocabulary=["red", "blue"])
  np.testing.assert_array_equal(_dense(column), one_hot)


def test_a_vocabulary_may_be_a_file(tmp_path):
  (tmp_path / "colors.txt").write_text("blue\nred\n")
  column = Categorical("color", vocabulary=str(tmp_path / "colors.txt"))
  np.testing.assert_array_equal(_dense(column), [[0, 1], [1, 0], [0, 0]])


def test_hashed_categories_have_vectors_of_the_width():
  dense = _dense(Categorical("color", hash_buckets=50, width=3))
  assert dense.shape == (3, 3)
  assert len(np.unique(dense, axis=0)) == 3


@pytest.mark.parametrize(
  ("make", "message"),
  [
    (lambda: _dense(Numeric("aeg")), "has the key 'aeg'.*age"),
    (lambda: _dense(Numeric("color")), "'color' is string, not a number"),
    (lambda: _dense(Bucketized("age", [2, 1])), "boundaries for 'age'"),
    (lambda: Categorical("color"), "takes one of vocabulary and hash_buckets"),
    (lambda: Categorical("c", vocabulary="/no/file"), "no file '/no/file'"),
    (
      lambda: _dense(Categorical("size", hash_buckets=3)),
      "'size' is float32; categories are strings or integers",
    ),
    (lambda: Numeric("age", standard_deviation=0), "must be a number above 0"),
  ],
)
def test_a_column_that_does_not_fit_is_refused(make, message):
  with pytest.raises(UserError, match=message):
    make()


def test_parts_have_their_gin_names_in_python():
  assert columns.numeric is Numeric
  assert columns.bucketized is Bucketized
  assert columns.categorical is Categorical


@pytest.mark.parametrize(
  "content",
  [
    b"\xef\xbb\xbfred\nblue\n",
    b"red\r\nblue\r\n",
    b"red \nblue\n",
    b"red\nblue\nred\n",
  ],
)
def test_a_file_of_categories_is_read_as_it_is_meant(tmp_path, content):
  (tmp_path / "colors.txt").write_bytes(content)
  column = Categorical("color", vocabulary=str(tmp_path / "colors.txt"))
  assert _dense(column).tolist() == [[1, 0], [0, 1], [0, 0]]


def test_a_file_of_integers_may_start_with_a_byte_order_mark(tmp_path):
  (tmp_path / "ages.txt").write_bytes(b"\xef\xbb\xbf60\n20\n")
  column = Categorical("age", vocabulary=str(tmp_path / "ages.txt"))
  assert _dense(column).tolist() == [[0, 1], [0, 0], [1, 0]]


def test_lists_of_numbers_are_no_columns():
  with tf.Graph().as_default():
    numbers = tf.placeholder(tf.int64, [None, None])
    words = tf.placeholder(tf.string, [None, None])
    with pytest.raises(UserError, match="the lists of 'a' differ in length"):
      build_dense([Categorical("a", hash_buckets=3)], {"a": numbers})
    built = build_dense([Categorical("a", ["x", "y"])], {"a": words})
    with tf.Session() as session:
      session.run(tf.tables_initializer())
      got = session.run(built, {words: [["x", ""], ["y", "x"]]})
  assert got.tolist() == [[1, 0], [1, 1]]
