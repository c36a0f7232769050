import io
import os
import pickle
import struct

import numpy as np
import pytest
from hub_estimator.examples import torch_file


class _Object:
  """Pickles as a call of a function."""

  def __init__(self, function, *arguments):
    self._call = function, arguments

  def __reduce__(self):
    return self._call


def test_an_object_other_than_a_tensor_is_rejected():
  stream = io.BytesIO()
  for part in (1, 1001, {}):
    pickle.dump(part, stream, protocol=2)
  pickle.dump({"weight": _Object(os.getcwd)}, stream, protocol=2)
  stream.seek(0)
  with pytest.raises(
    pickle.UnpicklingError, match="getcwd isn't part of a tensor"
  ):
    torch_file.read_tensors(stream)


def test_strides_and_offsets_are_followed():
  """The file is written by hand, so that the test needs no torch."""
  storage = b"".join(
    (
      *(b"(", b"X", struct.pack("<I", 7), b"storage"),
      b"ctorch\nFloatStorage\n",
      *(b"X", struct.pack("<I", 1), b"0"),
      *(b"X", struct.pack("<I", 3), b"cpu"),
      *(b"K\x06", b"t", b"Q"),
    )
  )
  tensor = b"".join(
    (
      b"ctorch._utils\n_rebuild_tensor_v2\n",
      *(b"(", storage, b"K\x01"),  # The offset.
      *(b"K\x02", b"K\x02", b"\x86"),  # The size.
      *(b"K\x01", b"K\x02", b"\x86"),  # The strides.
      *(b"\x89", b"}", b"t", b"R"),
    )
  )
  places = b"".join(
    (b"\x80\x02}", b"X", struct.pack("<I", 1), b"w", tensor, b"s.")
  )
  stream = io.BytesIO()
  for part in (1, 1001, {}):
    pickle.dump(part, stream, protocol=2)
  stream.write(places)
  pickle.dump(["0"], stream, protocol=2)
  stream.write(struct.pack("<q", 6) + np.arange(6, dtype="<f4").tobytes())
  stream.seek(0)
  (tensor,) = torch_file.read_tensors(stream).values()
  np.testing.assert_array_equal(tensor, [[1, 3], [2, 4]])
