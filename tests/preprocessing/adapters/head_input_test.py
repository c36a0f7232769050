"""A module's output of any rank becomes [batch, width], or is refused."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.preprocessing import Adapter, adapters
from hub_estimator.tensorflow_runtime import tf


@pytest.mark.parametrize(
  "pooling, shape, width",
  [
    ("mean", (2,), 1),
    ("mean", (2, 5), 5),
    ("mean", (2, 3, 4, 5), 5),
    ("max", (2, 3, 5), 5),
    ("flatten", (2, 3, 4, 5), 60),
    ("mean", (2, 2, 3, 4, 5), 5),
    ("max_with_padding", (2, 3, 5), 5),
  ],
)
def test_outputs_of_every_rank_become_two_dimensions(pooling, shape, width):
  value = np.random.default_rng(1).normal(size=shape).astype(np.float32)
  with tf.Graph().as_default(), tf.Session() as session:
    tensor = tf.placeholder_with_default(value, [None, *shape[1:]])
    got = session.run(
      adapters.build_head_input(Adapter(pooling=pooling), tensor)
    )
  assert got.shape == (2, width)
  if len(shape) > 2 and pooling == "mean":
    middle = tuple(range(1, len(shape) - 1))
    np.testing.assert_allclose(
      got, value.mean(axis=middle), rtol=1e-5, atol=1e-6
    )
  if pooling.startswith("max"):
    np.testing.assert_allclose(got, value.max(axis=1))


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_masked_positions_never_count_even_if_they_are_nan(pooling):
  value = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)
  mask = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]], bool)
  value[~mask] = np.nan
  with tf.Graph().as_default(), tf.Session() as session:
    got = session.run(
      adapters.build_head_input(
        Adapter(pooling=pooling), tf.constant(value), tf.constant(mask)
      )
    )
  reduce = np.mean if pooling == "mean" else np.max
  expected = [
    reduce(value[0, :2], axis=0),
    reduce(value[1, [0, 2]], axis=0),
    np.zeros(5),
  ]
  np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize(
  "shape, why",
  [(None, "unknown rank"), ([None, None], "no static width"), ([], "a scalar")],
)
def test_an_output_that_cannot_size_a_head_is_refused(shape, why):
  with tf.Graph().as_default():
    tensor = tf.placeholder(tf.float32, shape)
    with pytest.raises(UserError, match=why):
      adapters.build_head_input(Adapter(), tensor)
