import numpy as np
import pytest

from hub_estimator.features import npy_file


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (0, 0)])
def test_an_array_written_in_batches_is_numpys(tmp_path, shape):
  array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
  npy_file.write(
    tmp_path / "a.npy", (array[i : i + 2] for i in range(0, len(array), 2))
  )
  written = np.load(tmp_path / "a.npy")
  assert written.shape == shape
  np.testing.assert_array_equal(written, array)
