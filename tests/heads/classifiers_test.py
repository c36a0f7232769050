import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError


@pytest.mark.parametrize(
  "head, labels, dimension",
  [
    (heads.Binary(), np.array([0, 1]), 1),
    (heads.Binary(["no", "yes"]), np.array([b"yes", b"no"], object), 1),
    (heads.MultiClass(2), np.array([0, 1]), 1),
    (heads.MultiClass(3), np.array([0, 2]), 3),
    (heads.MultiLabel(2), np.array([[0, 1]]), 2),
  ],
)
def test_a_classifier_builds_and_accepts_its_labels(head, labels, dimension):
  head.check_labels(labels)
  assert head.build().logits_dimension == dimension


@pytest.mark.parametrize("n_classes", [1, 0, 2.0, "3"])
def test_n_classes_must_be_an_integer_of_at_least_two(n_classes):
  with pytest.raises(UserError, match="at least 2"):
    heads.MultiClass(n_classes)
