import pytest

from hub_estimator.tensorflow_runtime import TENSORFLOW_VERSION, estimator, tf

pytestmark = pytest.mark.skipif(
  TENSORFLOW_VERSION == (2, 15), reason="2.15 has all of it"
)


def test_a_tpu_stand_in_raises_only_when_it_is_used():
  from tensorflow.python.tpu import tpu_embedding

  with pytest.raises(NotImplementedError, match="TPU embeddings"):
    tpu_embedding.AdamParameters(0.1)


def test_a_distribution_strategy_is_refused_with_the_way_that_works():
  with pytest.raises(
    ValueError, match="TF_CONFIG cluster of chief, worker and ps"
  ):
    estimator.RunConfig(
      train_distribute=tf.distribute.OneDeviceStrategy("cpu:0")
    )
