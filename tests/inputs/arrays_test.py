import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays


def test_strings_are_bytes_in_an_array_of_objects():
  array = arrays.strings(["ü", b"\x00\xff", ""])
  assert array.dtype == object
  assert array.tolist() == ["ü".encode(), b"\x00\xff", b""]


def test_a_column_of_several_kinds_is_refused():
  with pytest.raises(UserError, match="all text or all numbers"):
    arrays.column("c", [1, "a"], "here")


def test_text_of_any_shape_becomes_bytes():
  text = arrays.text_of(np.array([["ü", "b"], ["c", ""]]))
  assert text.tolist() == [["ü".encode(), b"b"], [b"c", b""]]
