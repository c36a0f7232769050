import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError


def test_each_head_needs_a_label_column():
  head = heads.Multi({"a": heads.Binary(), "b": heads.Regression()})
  head.check_labels({"a": np.array([0, 1]), "b": np.array([0.5, 2.5])})
  with pytest.raises(UserError, match=r'label = \["a", "b"\]'):
    head.check_labels(np.array([0, 1]))
  with pytest.raises(UserError, match="Head 'a': Label 3 of example 1"):
    head.check_labels({"a": np.array([0, 3]), "b": np.array([0.5, 2.5])})
  with pytest.raises(UserError, match="only heads.multi accepts more than one"):
    heads.Regression().check_labels({"a": np.array([0, 1])})


def test_weights_must_name_heads():
  with pytest.raises(UserError, match="did you mean 'b'"):
    heads.Multi({"a": heads.Binary(), "b": heads.Regression()}, {"bb": 2.0})


@pytest.mark.parametrize("parts", [{}, [heads.Binary()]])
def test_heads_must_come_by_name(parts):
  with pytest.raises(UserError, match="it must map names to heads, such as"):
    heads.Multi(parts)
