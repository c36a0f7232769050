import numpy as np
import pytest

from hub_estimator import progress
from hub_estimator.publishing import sliced_checkpoint, vectors
from hub_estimator.tensorflow_runtime import tf
from tests.publishing.embeddings import OOV, VECTORS, WORDS


@pytest.mark.parametrize("rows_in_a_slice", [0, 1, 3, 4, 100])
def test_slices_make_one_variable_with_the_mean_for_unknown_words(
  tmp_path, rows_in_a_slice
):
  reports = []
  with progress.listen(reports.append):
    sliced_checkpoint.write(
      str(tmp_path / "checkpoint"),
      vectors.from_arrays(WORDS, VECTORS, tmp_path),
      oov_buckets=2,
      scratch=tmp_path / "slices",
      slice_bytes=rows_in_a_slice * VECTORS[0].nbytes,
    )
  reader = tf.train.load_checkpoint(str(tmp_path / "checkpoint"))
  np.testing.assert_allclose(
    reader.get_tensor("embeddings"), [*VECTORS, OOV, OOV], rtol=1e-6
  )
  assert len(reports) == -(-len(WORDS) // max(1, min(rows_in_a_slice, 4)))
  assert (reports[-1].done, reports[-1].total) == (6, 6)
