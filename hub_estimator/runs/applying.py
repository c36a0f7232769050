"""A signature's outputs for the rows of a file or the images of a folder."""

import collections
import contextlib
import json
import os
import pathlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hub_estimator import modules
from hub_estimator.errors import UserError
from hub_estimator.graphs import networks
from hub_estimator.inputs import FeatureSpec, Images, Stream, open_stream
from hub_estimator.model import Application
from hub_estimator.model_dir import results
from hub_estimator.modules import ModuleInfo, TensorInfo, read_module_info
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, tf

_SUFFIXES = (".npz", ".jsonl")
_COPY_BYTES = 1 << 20


def apply(
  handle: str,
  *,
  input_path: str,
  output_path: str,
  signature: str = "default",
  outputs: Sequence[str] | None = None,
  tags: Sequence[str] = (),
  adapter: adapters.Adapter | None = None,
  batch_size: int = 64,
) -> int:
  """Writes a signature's outputs, one row a row, and returns their count.

  Rows are read, applied and written in batches: files of any size fit in memory.

  Args:
    handle: of the module.
    input_path: see `inputs.streams.open_stream`.
    output_path: ends in .npz: arrays [rows, …] by name of the output; or in
      .jsonl: an object a row. Of a folder of images, "file" says which. Written
      whole or not at all.
    signature: the one that is applied.
    outputs: which are written; None means "default", or all where there is none.
    tags: of the variant.
    adapter: fits features to the signature's inputs; None means plainly.
    batch_size: rows at a time; changes no output.

  Raises:
    UserError: there is no such module, signature, output, feature or file; a row
      doesn't fit; or an output isn't a row a row.
  """
  if batch_size < 1:
    raise UserError(f"batch_size is {batch_size}; it is at least 1.")
  suffix = os.path.splitext(output_path)[1].lower()
  if suffix not in _SUFFIXES:
    raise UserError(
      f"apply writes {' or '.join(_SUFFIXES)}, and got {output_path!r}."
    )
  info = read_module_info(handle)
  application = Application(
    modules.ModuleSource(
      handle,
      signature=signature,
      trainable=False,
      inference_tags=tags,
      export_name=None,
    ),
    adapters.Adapter() if adapter is None else adapter,
  )
  names = _choose_outputs(info, application, outputs)
  kinds = application.signature_of(info).outputs
  for name in names:
    if kinds[name].kind != "dense":
      raise UserError(
        f"Output {name!r} is {kinds[name]}; only dense ones can be written."
      )
  stream = open_stream(input_path, "apply")
  specs = _specs(info, application, stream)
  rows = _rows(info, application, stream, specs, names, batch_size)
  write = _write_npz if suffix == ".npz" else _write_jsonl
  return write(os.path.expanduser(output_path), rows)


def _choose_outputs(info, application, outputs) -> list[str]:
  source = application.module
  known = application.signature_of(info).outputs
  if outputs is None:
    return ["default"] if "default" in known else sorted(known)
  return [
    info.output(source.signature, name, source.inference_tags)
    for name in outputs
  ]


def _specs(
  info: ModuleInfo, application: Application, stream: Stream
) -> dict[str, FeatureSpec]:
  """Returns the types of the features that the module reads."""
  signature = application.signature_of(info)
  if application.adapter.tokenizer is not None:  # It knows what it reads.
    return {name: stream.spec(name, None) for name in stream.names}
  matched = adapters.match_features(
    application.adapter, signature, dict.fromkeys(stream.names)
  )
  return {
    feature: stream.spec(feature, _wanted(signature.inputs[name]))
    for name, feature in matched.items()
  }


def _wanted(tensor: TensorInfo) -> FeatureSpec:
  return FeatureSpec(
    tensor.dtype, () if tensor.shape is None else tensor.shape[1:]
  )


def _rows(
  info: ModuleInfo,
  application: Application,
  stream: Stream,
  specs: Mapping[str, FeatureSpec],
  names: Sequence[str],
  batch_size: int,
) -> Iterator[dict[str, np.ndarray]]:
  """Yields outputs [batch, …] by name."""
  mode = estimator.ModeKeys.PREDICT
  done, counts = 0, collections.deque()

  def build(features):
    placed = modules.place(info, application.module, mode=mode)
    computed, _ = placed.apply(
      application.build_inputs(features, info, mode=mode)
    )
    return {name: computed[name] for name in names}

  def batches():
    for batch in stream.batches(specs, batch_size):
      counts.append(len(next(iter(batch.values()))))
      yield batch

  with networks.Network(specs, build) as network:
    computed = network.run(batches())
    while True:
      try:
        rows = next(computed, None)
      except tf.errors.OpError as error:
        raise UserError(
          f"{stream.path}, rows {done + 1} to {done + counts[0]}: the module fails "
          f"on them: {error.message.splitlines()[0]}"
        ) from error
      if rows is None:
        return
      count = counts.popleft()
      for name, values in rows.items():
        if np.ndim(values) == 0 or len(values) != count:
          raise UserError(
            f"Output {name!r} has shape {list(np.shape(values))} for {count} "
            "rows: it isn't a row a row."
          )
      if isinstance(stream, Images):
        files = stream.files[done : done + count]
        rows = {"file": np.array(files, dtype=object), **rows}
      done += count
      yield rows


@contextlib.contextmanager
def _whole(path: str) -> Iterator[str]:
  """Yields a path to write to, which is put in place at the end."""
  folder = os.path.dirname(os.path.abspath(path))
  try:
    scratch = tempfile.mkdtemp(prefix=".apply-", dir=folder)
  except OSError as error:
    raise UserError(f"{path} can't be written: {error.strerror}.") from error
  try:
    partial = os.path.join(scratch, "output")
    yield partial
    os.replace(partial, path)
  except OSError as error:
    raise UserError(f"{path} can't be written: {error.strerror}.") from error
  finally:
    shutil.rmtree(scratch, ignore_errors=True)


def _write_jsonl(path: str, batches) -> int:
  count = 0
  with _whole(path) as partial, open(partial, "w", encoding="utf-8") as file:
    for batch in batches:
      columns = {name: results.plain(values) for name, values in batch.items()}
      for row in zip(*columns.values(), strict=True):
        line = dict(zip(columns, row, strict=True))
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        count += 1
  return count


def _write_npz(path: str, batches) -> int:
  """Writes arrays whose length isn't known yet: first bare, then with headers."""
  with _whole(path) as partial:
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
    self._text = [] if values.dtype.kind in "OSU" else None
    self._dtype = values.dtype
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
      self._file.write(np.ascontiguousarray(values).tobytes())
    else:
      self._text += results.plain(values.ravel())

  def write_to(self, member) -> None:
    self._file.close()
    shape = (self.length, *self._shape)
    if self._text is not None:  # Of one width, that of the longest.
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
