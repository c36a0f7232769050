"""The ending of a file's name says how outputs are written."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.runs import output_files

pytestmark = pytest.mark.newest


@pytest.mark.parametrize(
  "path", ["out.json", "out", "out.csv.gz", "a.parquet/b"]
)
def test_another_ending_is_refused_by_name(path):
  with pytest.raises(
    UserError,
    match="predict writes .jsonl, .npz, .csv or .parquet, and got 'o"
    if path.startswith("out")
    else "got 'a.parquet/b'",
  ):
    output_files.check_ending(path, "predict")


def test_upper_case_is_an_ending_too():
  assert output_files.check_ending("a/OUT.CSV", "apply") == ".csv"
  assert output_files.holds_lists("OUT.PARQUET")
  assert not output_files.holds_lists("out.csv")
