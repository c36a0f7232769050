"""Files of outputs that grow a batch at a time and appear whole or not at all."""

import json
import pathlib
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.model_dir import results
from hub_estimator.runs.whole_files import whole

_COPY_BYTES = 1 << 20
Batches = Iterable[Mapping[str, np.ndarray]]


def write_jsonl(path: str, batches: Batches) -> int:
  """Writes one JSON object a row, and returns the number of rows.

  Args:
    path: of the file.
    batches: arrays [batch, ...] by name.

  Raises:
    UserError: the file can't be written.
  """
  count = 0
  with whole(path) as partial, open(partial, "w", encoding="utf-8") as file:
    for batch in batches:
      columns = {name: results.plain(values) for name, values in batch.items()}
      for row in zip(*columns.values(), strict=True):
        line = dict(zip(columns, row, strict=True))
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        count += 1
  return count


def write_npz(path: str, batches: Batches) -> int:
  """Writes one array a name, bfloat16 as float32, and returns the number of rows.

  Their length isn't known until the end, so they are written bare first, and copied
  behind their headers then.

  Args:
    path: of the file.
    batches: arrays [batch, ...] by name.

  Raises:
    UserError: the file can't be written, the rows of an array differ in shape, or
      strings aren't UTF-8.
  """
  with whole(path) as partial:
    columns: dict[str, _Column] = {}
    scratch = pathlib.Path(partial).parent
    for batch in batches:
      for name, values in batch.items():
        if name not in columns:
          columns[name] = _Column(name, values, scratch / str(len(columns)))
        columns[name].add(values)
    with zipfile.ZipFile(partial, "w", allowZip64=True) as archive:
      for name, column in columns.items():
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
          column.write_to(member)
  return next(iter(columns.values())).length


class _Column:
  """One array of an npz file, on disk while it grows."""

  def __init__(self, name: str, values: np.ndarray, path: pathlib.Path):
    self.length = 0
    self._name = name
    self._shape = values.shape[1:]
    self._text: list[str] | None = [] if values.dtype.kind in "OSU" else None
    # Of bfloat16, which npz files don't know, no value is lost.
    is_known = values.dtype.kind != "V"
    self._dtype = values.dtype if is_known else np.dtype(np.float32)
    self._path = path
    self._file = path.open("wb")

  def add(self, values: np.ndarray) -> None:
    if values.shape[1:] != self._shape:
      raise UserError(
        f"Output {self._name!r} has rows of shape {list(self._shape)} and of "
        f"{list(values.shape[1:])}; a .jsonl file can hold both."
      )
    self.length += len(values)
    if self._text is None:
      self._file.write(values.astype(self._dtype).tobytes())
    else:
      texts = results.plain(values.ravel())
      if any(isinstance(text, list) for text in texts):
        raise UserError(
          f"Output {self._name!r} has rows of several shapes; a .jsonl file can hold "
          "them."
        )
      if any(isinstance(text, dict) for text in texts):
        raise UserError(
          f"Output {self._name!r} has strings that aren't UTF-8; a .jsonl file can "
          "hold them."
        )
      self._text += texts

  def write_to(self, member: IO[bytes]) -> None:
    self._file.close()
    shape = (self.length, *self._shape)
    if self._text is not None:  # All of one width, that of the longest.
      array = np.array(self._text, dtype=str).reshape(shape)
      np.lib.format.write_array(member, array, allow_pickle=False)
      return
    np.lib.format.write_array_header_2_0(
      member,
      {
        "descr": np.lib.format.dtype_to_descr(self._dtype),
        "fortran_order": False,
        "shape": shape,
      },
    )
    with self._path.open("rb") as file:
      shutil.copyfileobj(file, member, _COPY_BYTES)
    self._path.unlink()
