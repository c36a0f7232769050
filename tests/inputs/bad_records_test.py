import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, ImageFolder, Jsonl, TFRecord
from hub_estimator.inputs.bad_records import BadRecords


def test_the_first_is_refused_or_all_are_counted():
  with pytest.raises(UserError, match="line 3"):
    BadRecords("raise").add("line 3")
  skipping = BadRecords("skip")
  skipping.add("line 3")
  skipping.add("line 4")
  assert skipping.skipped == 2


@pytest.mark.parametrize(
  "make",
  [
    lambda: Csv("a.csv", bad_records="skp"),
    lambda: Jsonl("a.jsonl", bad_records="skp"),
    lambda: ImageFolder("a", bad_records="skp"),
    lambda: TFRecord("a", {}, bad_records="skp"),
  ],
)
def test_another_choice_is_refused(make):
  with pytest.raises(UserError, match="did you mean 'skip'"):
    make()
