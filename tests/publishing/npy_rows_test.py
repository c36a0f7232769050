import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing import vectors
from tests.publishing.reading import ROWS, read_all


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_is_read_with_its_vocabulary(tmp_path, dtype, order):
  np.save(tmp_path / "v.npy", np.asarray(ROWS, dtype, order=order))
  (tmp_path / "w").write_text("a\nb c\nd\n")
  words, values = read_all(
    vectors.from_file(
      str(tmp_path / "v.npy"), tmp_path, vocabulary=str(tmp_path / "w")
    )
  )
  assert words == ["a", "b c", "d"]
  np.testing.assert_allclose(values, ROWS, rtol=1e-3)


@pytest.mark.parametrize(
  ("words", "message"),
  [
    ("a\nb\n", "w has 2 words, but .* has 3 rows"),
    ("a\nb\nc\nd\n", "has 4 words"),
  ],
)
def test_a_vocabulary_of_another_length_is_refused(tmp_path, words, message):
  np.save(tmp_path / "v.npy", ROWS)
  (tmp_path / "w").write_text(words)
  with pytest.raises(UserError, match=message):
    vectors.from_file(
      str(tmp_path / "v.npy"), tmp_path, vocabulary=str(tmp_path / "w")
    )


@pytest.mark.parametrize(
  "array", [np.zeros(3), np.zeros((2, 2), int), np.zeros((2, 3, 1))]
)
def test_an_array_of_another_type_is_refused(tmp_path, array):
  np.save(tmp_path / "v.npy", array)
  (tmp_path / "w").write_text("a\nb\nc\n")
  with pytest.raises(UserError, match="not floats .words, width."):
    vectors.from_file(
      str(tmp_path / "v.npy"), tmp_path, vocabulary=str(tmp_path / "w")
    )
