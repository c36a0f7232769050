"""Tensors from a file of torch's old format, without torch."""

import collections
import pickle
from typing import IO, Any

import numpy as np

# Where a tensor's numbers are: (storage, offset, size, stride), the last three in
# numbers. A storage is (a word, dtype, key, device, numbers).
_Place = tuple[tuple[str, str, str, str, int], int, list[int], list[int]]


def read_tensors(stream: IO[bytes]) -> dict[str, np.ndarray]:
  """Returns the tensors of a file that `torch.save` wrote, by name.

  Args:
    stream: the file, which holds a dict of tensors in the format before torch
      1.6.

  Raises:
    pickle.UnpicklingError: the file holds objects other than tensors.
  """
  for _ in range(3):  # Magic number, version, sizes of types.
    _Unpickler(stream).load()
  places: dict[str, _Place] = _Unpickler(stream).load()
  keys: list[str] = _Unpickler(stream).load()
  dtypes = {storage[2]: storage[1] for storage, *_ in places.values()}
  storages = {key: _read_storage(stream, dtypes[key]) for key in keys}
  return {
    name: _view(storages[storage[2]][offset:], size, stride)
    for name, (storage, offset, size, stride) in places.items()
  }


class _Unpickler(pickle.Unpickler):
  """Reads tensors' places, and refuses to build any other object."""

  def find_class(self, module: str, name: str) -> Any:
    if (module, name) == ("collections", "OrderedDict"):
      return collections.OrderedDict
    if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
      return _place
    dtypes = {"FloatStorage": "<f4", "LongStorage": "<i8"}
    if module == "torch" and name in dtypes:
      return dtypes[name]
    raise pickle.UnpicklingError(f"{module}.{name} isn't part of a tensor.")

  def persistent_load(self, pid: tuple[Any, ...]) -> tuple[Any, ...]:
    return pid


def _place(
  storage: Any, offset: int, size: Any, stride: Any, *_: Any
) -> _Place:
  return storage, offset, size, stride


def _read_storage(stream: IO[bytes], dtype: str) -> np.ndarray:
  (count,) = np.frombuffer(stream.read(8), "<i8")
  return np.frombuffer(stream.read(count * np.dtype(dtype).itemsize), dtype)


def _view(
  numbers: np.ndarray, size: list[int], stride: list[int]
) -> np.ndarray:
  steps = [step * numbers.itemsize for step in stride]
  return np.array(np.lib.stride_tricks.as_strided(numbers, size, steps))
