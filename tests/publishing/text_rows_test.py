import gzip

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing import vectors
from tests.publishing.reading import ROWS, read_all


@pytest.mark.parametrize("header", ["", "3 2\n"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"])
def test_text_is_read_with_and_without_a_header(
  tmp_path, header, compress, end
):
  text = header + end.join(["the 1 2.5", "ünï -3e-2 4", "x 5 6", ""])
  (tmp_path / "v").write_bytes(compress(text.encode()))
  words, values = read_all(vectors.from_file(str(tmp_path / "v"), tmp_path))
  assert words == ["the", "ünï", "x"]
  np.testing.assert_array_equal(values, ROWS)


def test_a_word_may_contain_spaces(tmp_path):
  (tmp_path / "v").write_text("the 1 2.5\n. . . 3 4\n")
  words, values = read_all(vectors.from_file(str(tmp_path / "v"), tmp_path))
  assert words == ["the", ". . ."]
  np.testing.assert_array_equal(values, [[1, 2.5], [3, 4]])


def test_a_truncated_gzip_file_is_refused(tmp_path):
  packed = gzip.compress("".join(f"w{i} 1 2\n" for i in range(999)).encode())
  (tmp_path / "v.gz").write_bytes(packed[:-200])
  with pytest.raises(UserError, match="v.gz: Compressed file ended"):
    vectors.from_file(str(tmp_path / "v.gz"), tmp_path)
