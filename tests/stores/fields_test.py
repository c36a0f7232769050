import numpy as np
import pytest

from hub_estimator.stores import fields
from hub_estimator.stores.facts import NumberFacts
from hub_estimator.stores.fields import Field

COVERS = ("facts",)


@pytest.mark.parametrize("dtype", ["string", "int64", "float32"])
@pytest.mark.parametrize("inner", [(), (2,), (0,)])
def test_lists_are_decoded_as_they_were_encoded(dtype, inner):
  field = Field("x", dtype, inner, is_list=True)
  lengths = np.array([0, 3, 1])
  values = np.arange(4 * field.size).reshape(4, *inner)
  if dtype == "string":
    strings = np.empty(values.size, object)
    strings[:] = [b"z" * i for i in values.ravel()]
    values = strings.reshape(values.shape)
  else:
    values = values.astype(dtype)
  rows = fields.encode(field, (values, lengths))
  if not field.size:
    return
  found, sizes = fields.decode(field, rows)
  assert found.tolist() == values.tolist()
  assert sizes.tolist() == lengths.tolist()


def test_numbers_without_a_finite_one_have_no_range():
  facts = NumberFacts()
  facts.add(np.array([np.nan]), None)
  facts.add(np.array([], np.int64), np.array([0]))
  assert facts == NumberFacts(None, 1)
