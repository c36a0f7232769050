import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing import text
from hub_estimator.tensorflow_runtime import hub, tf

WORDS = ["good", "film", "ünï", "x"]
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)
OOV = VECTORS.mean(axis=0)


def _apply(path, values, signature=None, as_dict=False):
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(path)(values, signature=signature, as_dict=as_dict)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
def test_sentences_are_combined_as_in_numpy(tmp_path, combiner):
  path = text.publish(
    str(tmp_path / "m"), words=WORDS, vectors=VECTORS, combiner=combiner
  )
  got = _apply(path, ["Good,  film!", "ÜNÏ\tx\nx", "unknown", "", "..."])
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
  got = _apply(path, {"tokens": ["x", "Good"]}, "tokens", as_dict=True)
  assert got["ids"][0] == 3
  assert got["ids"][1] in (4, 5)
  np.testing.assert_allclose(got["default"], [VECTORS[3], OOV])


def test_rows_are_written_in_chunks(tmp_path, monkeypatch):
  monkeypatch.setattr(text, "_CHUNK_ROWS", 3)
  path = text.publish(str(tmp_path / "m"), words=WORDS, vectors=VECTORS)
  np.testing.assert_allclose(_apply(path, {"tokens": WORDS}, "tokens"), VECTORS)


@pytest.mark.parametrize(
  "words, kwargs, why",
  [
    (["a", "a", "b", "c"], {}, "stands there before"),
    (["a", "b"], {}, "each word has one row"),
    (["a", "", "b", "c"], {}, "Word 1 is ''"),
    (["a", "b\n", "c", "d"], {}, "line break"),
    (WORDS, {"combiner": "max"}, "combiner 'max'"),
    (WORDS, {"oov_buckets": 0}, "at least 1"),
  ],
)
def test_what_does_not_fit_is_refused(tmp_path, words, kwargs, why):
  with pytest.raises(UserError, match=why):
    text.publish(str(tmp_path / "m"), words=words, vectors=VECTORS, **kwargs)
  assert not (tmp_path / "m").exists()


def test_an_existing_directory_is_left_alone(tmp_path):
  with pytest.raises(UserError, match="exists"):
    text.publish(str(tmp_path), words=WORDS, vectors=VECTORS)
