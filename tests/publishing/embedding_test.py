import numpy as np
import pytest

from hub_estimator.publishing import text
from hub_estimator.tensorflow_runtime import hub, tf
from tests.publishing.embeddings import OOV, VECTORS, WORDS, apply_embedding


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
def test_sentences_are_combined_as_in_numpy(tmp_path, combiner):
  path = text.publish(
    str(tmp_path / "m"), words=WORDS, vectors=VECTORS, combiner=combiner
  )
  got = apply_embedding(
    path, ["Good,  film!", "ÜNÏ\tx\nx", "unknown", "", "..."]
  )
  divisor = {"sum": lambda n: 1, "mean": lambda n: n, "sqrtn": np.sqrt}[
    combiner
  ]
  want = [
    (VECTORS[0] + VECTORS[1]) / divisor(2),
    (VECTORS[2] + 2 * VECTORS[3]) / divisor(3),
    OOV,
    OOV,
    OOV,
  ]
  np.testing.assert_allclose(got, want, rtol=1e-6)


def test_tokens_are_looked_up_as_they_are(tmp_path):
  path = text.publish(
    str(tmp_path / "m"), words=WORDS, vectors=VECTORS, oov_buckets=2
  )
  got = apply_embedding(path, {"tokens": ["x", "Good"]}, "tokens", as_dict=True)
  assert got["ids"][0] == 3
  assert got["ids"][1] in (4, 5)
  np.testing.assert_allclose(got["default"], [VECTORS[3], OOV])


def test_the_module_has_the_regularization_loss(tmp_path):
  path = text.publish(str(tmp_path / "m"), words=WORDS, vectors=VECTORS, l2=0.5)
  with tf.Graph().as_default(), tf.Session() as session:
    hub.Module(path, trainable=True)
    (loss,) = tf.losses.get_regularization_losses()
    session.run(tf.global_variables_initializer())
    want = 0.25 * ((VECTORS**2).sum() + (OOV**2).sum())
    assert session.run(loss) == pytest.approx(want)
