import dataclasses

import pytest

from hub_estimator.errors import UserError
from hub_estimator.schemas import Feature, LabelColumn, Schema, check_alike

FIRST = Schema(
  features={"x": Feature("float32", (4,))},
  labels={"label": LabelColumn("class", "string", (), ("cat", "dog"))},
  reader={"train": {"kind": "Csv", "path": "a.csv"}},
  examples={"train": 90, "eval": 10},
)


def _changed(**changes):
  return dataclasses.replace(FIRST, **changes)


def _of_classes(*names):
  column = dataclasses.replace(FIRST.labels["label"], classes=names or None)
  return {"label": column}


def test_equal_data_and_other_readers_are_alike():
  check_alike(FIRST, FIRST)
  other = {"train": {"kind": "Csv", "path": "b.csv"}}
  check_alike(
    _changed(
      reader=other,
      examples={"train": 50, "eval": 10},
      features={"y": Feature("string", ())},
    ),
    FIRST,
  )


@pytest.mark.parametrize(
  ("changes", "why"),
  [
    ({"labels": _of_classes("cat", "emu")}, "are cat, emu, .*first .*cat, dog"),
    ({"labels": _of_classes("dog", "cat")}, "are dog, cat, and in the first"),
    ({"labels": _of_classes()}, "are numbers, and in the first trial cat, dog"),
    (
      {"examples": {"train": 90, "eval": 11}},
      "the eval data has 11 examples, and had 10 in the first trial: its files",
    ),
    (
      {"features": {"x": Feature("float32", (5,))}},
      r"'x' is float32 \[5\], and was float32 \[4\] in the first trial",
    ),
  ],
)
def test_other_data_is_not_alike(changes, why):
  with pytest.raises(UserError, match=why) as told:
    check_alike(_changed(**changes), FIRST)
  assert "\n" not in str(told.value)
