"""A run whose model has its own loss reads any labels, or none."""

import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError


def test_labels_stay_as_they_are():
  head = heads.AnyLabels()
  for labels in (np.array([b"a", b"b"], object), {"a": np.ones(2)}):
    head.check_labels(labels)
    assert heads.encode_labels(head, labels) is labels
  assert not heads.needs_labels(head)
  assert heads.needs_labels(heads.Binary())


def test_it_has_no_loss():
  with pytest.raises(UserError, match="run.head is missing"):
    heads.AnyLabels().build()
