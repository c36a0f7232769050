import subprocess
import sys

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles import fingerprint
from hub_estimator.publishing import text
from hub_estimator.tensorflow_runtime import tf
from tests.publishing.embeddings import VECTORS, WORDS


@pytest.mark.parametrize(
  "words, kwargs, why",
  [
    (["a", "a", "b", "c"], {}, "repeats an earlier word"),
    (["a", "b"], {}, "each word must have one row"),
    (["a", "", "b", "c"], {}, "Word 1 is ''"),
    (["a", "b\n", "c", "d"], {}, "line break"),
    (WORDS, {"combiner": "max"}, "combiner 'max'"),
    (WORDS, {"oov_buckets": 0}, "at least 1"),
  ],
)
def test_wrong_words_and_options_are_refused(tmp_path, words, kwargs, why):
  with pytest.raises(UserError, match=why):
    text.publish(str(tmp_path / "m"), words=words, vectors=VECTORS, **kwargs)
  assert not (tmp_path / "m").exists()


def test_a_file_gives_the_same_module_as_its_arrays(tmp_path):
  lines = (
    f"{word} {' '.join(map(repr, row.tolist()))}\n"
    for word, row in zip(WORDS, VECTORS, strict=True)
  )
  (tmp_path / "v.txt").write_text("".join(lines))
  made = text.publish_file(str(tmp_path / "a"), str(tmp_path / "v.txt"))
  text.publish(str(tmp_path / "b"), words=WORDS, vectors=VECTORS)
  assert fingerprint(made) == fingerprint(tmp_path / "b")


_PEAK = """
import resource, sys
from hub_estimator.publishing import text
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
text.publish(sys.argv[1] + "/small", words=["a"], vectors=__import__("numpy").ones((1, 2)))
before = peak()
text.publish_file(sys.argv[1] + "/m", sys.argv[2], vocabulary=sys.argv[3])
print(peak() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_vectors(tmp_path):
  rows, width = 300_000, 400  # 480 MB.
  array = np.lib.format.open_memmap(
    tmp_path / "v.npy", mode="w+", dtype=np.float32, shape=(rows, width)
  )
  array[-1] = 7
  array.flush()
  (tmp_path / "w").write_text("".join(f"w{i}\n" for i in range(rows)))
  done = subprocess.run(
    [sys.executable, "-c", _PEAK, str(tmp_path)]
    + [str(tmp_path / "v.npy"), str(tmp_path / "w")],
    check=True,
    capture_output=True,
    text=True,
  )
  # Chunks of 32 MB in a few copies, and the words.
  assert float(done.stdout) < 250
  reader = tf.train.load_checkpoint(str(tmp_path / "m/variables/variables"))
  found = reader.get_tensor("embeddings")
  assert found.shape == (rows + 1, width)
  np.testing.assert_array_equal(found[-2], array[-1])


def test_an_existing_directory_is_left_alone(tmp_path):
  with pytest.raises(UserError, match="exists"):
    text.publish(str(tmp_path), words=WORDS, vectors=VECTORS)
