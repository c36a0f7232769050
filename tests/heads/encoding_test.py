"""Labels of lists reach only the heads that read lists."""

import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError

NUMBERS = np.array([0, 1, 1])


def _lists(*rows):
  array = np.empty(len(rows), object)
  array[:] = rows
  return array


def test_other_labels_come_back_as_they_are():
  columns = {"a": NUMBERS, "b": NUMBERS}
  multi = heads.Multi({"a": heads.Binary(), "b": heads.Binary()})
  assert heads.encode_labels(heads.Binary(), NUMBERS) is NUMBERS
  assert heads.encode_labels(multi, columns) is columns
  assert heads.encode_labels(heads.AnyLabels(), columns) is columns


def test_each_head_reads_its_own_column():
  columns = {"a": NUMBERS, "b": _lists((0,), (), (0, 1))}
  multi = heads.Multi({"a": heads.Binary(), "b": heads.MultiLabel(2)})
  found = heads.encode_labels(multi, columns)
  assert found["a"] is NUMBERS
  assert found["b"].tolist() == [[1, 0], [0, 0], [1, 1]]


def test_lists_are_refused_by_heads_of_one_label():
  lists = _lists((b"a",), (b"a", b"b"))
  with pytest.raises(UserError, match="Labels are lists such as 'a'; only"):
    heads.encode_labels(heads.MultiClass(2), lists)
  multi = heads.Multi({"x": heads.Binary()})
  with pytest.raises(UserError, match="Label 'x': Labels are lists"):
    heads.encode_labels(multi, {"x": lists})
