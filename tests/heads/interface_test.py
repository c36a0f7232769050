"""A user's own head needs only the methods of the Protocol."""

import gin
import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import estimator, tf


class Counting:
  """A head without a dataclass, a vocabulary or weights."""

  def build(self, name: str | None = None) -> estimator.Head:
    return estimator.PoissonRegressionHead(name=name)

  def check_labels(self, labels: heads.Labels) -> None:
    if np.any(np.asarray(labels) % 1):
      raise UserError("Counts are whole numbers.")


def test_a_head_of_the_users_own_answers_all_questions():
  head = Counting()
  assert not heads.is_known(head)
  assert heads.weight_columns(head) == set()
  assert heads.logits_dimensions(head.build()) == {}
  labels = np.array([1.0, 2.0])
  assert heads.class_ids(head, labels) is labels
  with tf.Graph().as_default():
    assert heads.without_vocabulary(head, tf.constant(labels)) is head


def test_a_head_of_the_users_own_is_a_part_of_several():
  head = heads.Multi({"visits": Counting(), "spam": heads.Binary()})
  assert heads.logits_dimensions(head.build()) == {"visits": 1, "spam": 1}
  with pytest.raises(UserError, match="Head 'visits': Counts are whole"):
    head.check_labels({"visits": np.array([0.5]), "spam": np.array([1])})


@pytest.mark.parametrize(
  "name",
  [
    "binary",
    "logistic_regression",
    "multi",
    "multi_class",
    "multi_label",
    "poisson_regression",
    "regression",
  ],
)
def test_gin_and_python_share_the_names_of_heads(name):
  assert name in heads.__all__
  assert issubclass(gin.get_configurable(f"heads.{name}"), getattr(heads, name))
