import numpy as np
import pytest

from hub_estimator import heads


@pytest.mark.parametrize(
  "head, labels, dimension",
  [
    (heads.Regression(2), np.array([[1.0, 2.0]]), 2),
    (heads.LogisticRegression(), np.array([0.0, 1.0]), 1),
    (heads.PoissonRegression(), np.array([3]), 1),
  ],
)
def test_a_regressor_builds_and_accepts_its_labels(head, labels, dimension):
  head.check_labels(labels)
  assert head.build().logits_dimension == dimension
