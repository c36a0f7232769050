"""Lists of different lengths are padded as NumPy would, read by read."""

import math

import numpy as np
import pytest

from hub_estimator import inputs
from hub_estimator.inputs import (
  Examples,
  FeatureSpec,
  Lists,
  Mix,
  Ragged,
  Sample,
)
from hub_estimator.inputs.columns import Chained, Selected
from hub_estimator.inputs.sequences import lengths_of, pad
from hub_estimator.tensorflow_runtime import tf

ROWS = [[1, 2, 3], [], [4], [5, 6]]


def _ragged(dtype=np.int64) -> Ragged:
  return Ragged(
    np.array([v for row in ROWS for v in row], dtype), [len(r) for r in ROWS]
  )


def _padded(rows, padding, length=None):
  length = length or max(1, *map(len, rows))
  return [list(row) + [padding] * (length - len(row)) for row in rows]


@pytest.mark.parametrize(
  "rows",
  [slice(0, 2), slice(1, 3), slice(None), np.array([3, 1, 3]), np.array([1])],
)
def test_rows_are_padded_to_the_longest_that_is_read(rows):
  chosen = [ROWS[i] for i in np.arange(4)[rows]]
  got = _ragged()[rows]
  assert got.tolist() == _padded(chosen, 0)
  assert inputs.spec_of(_ragged()) == FeatureSpec("int64", (None,))


def test_text_is_padded_with_empty_text():
  column = Ragged(np.array([b"a", b"b", b"c"], object), [2, 0, 1])
  assert column[:].tolist() == [[b"a", b"b"], [b"", b""], [b"c", b""]]


def test_lists_of_lists_keep_their_inner_shape():
  column = Ragged(np.arange(12).reshape(6, 2), [1, 3, 2])
  assert column.shape == (3, None, 2)
  assert column[np.array([0, 2])].tolist() == [
    [[0, 1], [0, 0]],
    [[8, 9], [10, 11]],
  ]


def test_sparse_features_are_padded_with_what_is_no_value():
  sparse = Lists(_ragged(), open=True, sparse=True)
  assert sparse[:].tolist() == _padded(ROWS, -1)
  floats = Lists(_ragged(np.float32), open=True, sparse=True)[:]
  np.testing.assert_array_equal(floats, _padded(ROWS, math.nan))
  assert inputs.spec_of(sparse).sparse


def test_selected_and_chained_lists_are_padded_together():
  fixed = np.arange(100, 108).reshape(2, 4)
  lists = Lists(fixed, open=True, sparse=False)
  column = Chained([_ragged(), Selected(lists, np.array([1]))])
  rows = [*ROWS, fixed[1].tolist()]
  assert column[:].tolist() == _padded(rows, 0)
  assert column[np.array([2, 3])].tolist() == _padded([[4], [5, 6]], 0)
  assert column[np.array([4, 1])].tolist() == _padded([rows[4], []], 0)
  assert lengths_of(column).tolist() == [3, 0, 1, 2, 4]


def test_a_mix_and_a_sample_hold_lists_of_all_lengths():
  class Source:
    def __init__(self, column):
      self.column = column

    def read(self):
      return Examples({"a": self.column}, np.arange(len(self.column)), "test")

  fixed = np.arange(100, 108).reshape(2, 4)
  mixed = Mix([Source(fixed), Source(_ragged())]).read()
  assert mixed.specs() == {"a": FeatureSpec("int64", (None,))}
  features, _ = mixed.take(np.array([1, 2]))
  assert features["a"].tolist() == [fixed[1].tolist(), [1, 2, 3, 0]]
  features, _ = Sample(Source(_ragged()), 4).read().take(slice(None))
  assert features["a"].tolist() == _padded(ROWS, 0)


def test_single_arrays_are_padded_by_their_spec():
  rows = [np.array([1.0, 2.0], np.float32), np.zeros(0, np.float32)]
  dense = pad(rows, FeatureSpec("float32", (None,)))
  assert dense.tolist() == [[1.0, 2.0], [0.0, 0.0]]
  sparse = pad(rows, FeatureSpec("float32", (None,), sparse=True))
  np.testing.assert_array_equal(sparse, [[1, 2], [math.nan] * 2])


def test_batches_of_training_hold_each_list_once_an_epoch():
  examples = Examples({"a": _ragged()}, np.arange(4), "test")
  with tf.Graph().as_default(), tf.Session() as session:
    dataset = inputs.make_train_input_fn(examples, batch_size=2, seed=1)()
    iterator = tf.data.make_initializable_iterator(dataset)
    (features, labels) = iterator.get_next()
    assert features["a"].shape.as_list() == [None, None]
    session.run(iterator.initializer)
    batches = [session.run((features["a"], labels)) for _ in range(2)]
  for lists, numbers in batches:
    assert lists.tolist() == _padded([ROWS[i] for i in numbers], 0)
  assert sorted(np.concatenate([n for _, n in batches])) == [0, 1, 2, 3]
