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
  if pooling == "max":
    np.testing.assert_allclose(got, value.max(axis=1))


@pytest.mark.parametrize(
  "shape, why",
  [(None, "unknown rank"), ([None, None], "no static width"), ([], "a scalar")],
)
def test_an_output_that_cannot_size_a_head_is_refused(shape, why):
  with tf.Graph().as_default():
    tensor = tf.placeholder(tf.float32, shape)
    with pytest.raises(UserError, match=why):
      adapters.build_head_input(Adapter(), tensor)
