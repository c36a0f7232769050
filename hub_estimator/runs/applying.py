"""Applies a bare module to the rows of a file or the images of a folder."""

import collections
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hub_estimator import inputs, modules
from hub_estimator.errors import UserError
from hub_estimator.graphs import networks
from hub_estimator.model import Application
from hub_estimator.modules import ModuleInfo, read_module_info
from hub_estimator.preprocessing import Adapter, adapters, tokenizers
from hub_estimator.runs import (
  output_files,
  predictions,
  ragged_outputs,
  row_outputs,
)
from hub_estimator.runs.building import reporting_graph_errors
from hub_estimator.runs.image_checks import Images
from hub_estimator.runs.parquet_files import ListType
from hub_estimator.tensorflow_runtime import estimator, op_errors, tf

_PREDICT = estimator.ModeKeys.PREDICT


def apply(
  handle: str,
  input_path: str,
  *,
  signature: str = "default",
  outputs: Sequence[str] | None = None,
  tags: Sequence[str] = (),
  adapter: Adapter | None = None,
  batch_size: int = 64,
  reader: inputs.Input | None = None,
) -> predictions.Predictions:
  """Returns a signature's outputs as arrays [rows, ...] by name.

  A ragged output is an array of lists, and "<output>_length" has their lengths.

  Args:
    handle: of the module.
    input_path: a .csv, .tsv, .jsonl, .npz, .parquet or .arrow file, or a folder of images; see
      `inputs.open_stream`. For a folder, the array "file" names the images.
    signature: the one that is applied.
    outputs: names of outputs; None means "default", or all if there is none.
    tags: of the variant.
    adapter: fits features to the signature's inputs; None feeds them by their names.
    batch_size: rows at a time; changes no output.
    reader: `inputs.csv` or `inputs.jsonl`, whose options hold for files of its
      format; None reads csv with commas.

  Raises:
    UserError: there is no such module, signature, output, feature or file; a row
      doesn't fit; or an output doesn't have one row for each row of the input.
  """
  applied = _apply(handle, signature, tags, adapter, outputs)
  stream = inputs.open_stream(input_path, "apply", reader=reader)
  return predictions.concatenate(
    list(applied.fitted(stream).rows(stream, batch_size))
  )


def apply_to_file(
  handle: str,
  input_path: str,
  output_path: str,
  *,
  signature: str = "default",
  outputs: Sequence[str] | None = None,
  tags: Sequence[str] = (),
  adapter: Adapter | None = None,
  batch_size: int = 64,
  reader: inputs.Input | None = None,
) -> int:
  """Writes a signature's outputs, one row a row, and returns their count.

  Rows are read, applied and written in batches, so files may be larger than memory.

  Args:
    handle: as in `apply`, like all that follow.
    input_path: a file or a folder of images.
    output_path: ends in .npz for arrays [rows, ...] by the output's name, in .jsonl for
      an object a row, in .parquet, or in .csv with a column for each value. It is
      written whole or not at all. An output that doesn't have one row for each row,
      such as the tokens of a text, is only written to .jsonl and .parquet: the
      module is applied to one row at a time, and "<output>_length" is the number
      of values that it gave for the row. Ragged outputs are written likewise, in
      batches.
    signature: the one that is applied.
    outputs: names of outputs.
    tags: of the variant.
    adapter: fits features to the signature's inputs.
    batch_size: rows at a time.
    reader: of the file.

  Raises:
    UserError: as in `apply`, or the file can't be written.
  """
  if batch_size < 1:
    raise UserError(f"batch_size is {batch_size}; it is at least 1.")
  output_files.check_ending(output_path, "apply")
  applied = _apply(handle, signature, tags, adapter, outputs)
  if not output_files.holds_lists(output_path):
    applied.check_arrays()
  while True:
    stream = inputs.open_stream(input_path, "apply", reader=reader)
    applied = applied.fitted(stream)
    rows = applied.rows(stream, 1 if applied.ragged else batch_size)
    try:
      return output_files.write_batches(
        output_path, rows, verb="apply", lists=applied.list_types()
      )
    except row_outputs.NotByRow as error:
      if error.names <= applied.ragged or not output_files.holds_lists(
        output_path
      ):
        raise
      # What one row alone gives belongs to it.
      applied = dataclasses.replace(
        applied, ragged=applied.ragged | error.names
      )


def _apply(
  handle: str,
  signature: str,
  tags: Sequence[str],
  adapter: Adapter | None,
  outputs: Sequence[str] | None,
) -> "_Applied":
  """Returns a module with a signature and outputs that fit it."""
  source = modules.ModuleSource(
    handle,
    signature=signature,
    trainable=False,
    inference_tags=tags,
    export_name=None,
  )
  info = read_module_info(handle)
  application = Application(source, Adapter() if adapter is None else adapter)
  known = application.signature_of(info).outputs
  if outputs is None:
    names = ["default"] if "default" in known else sorted(known)
  else:
    names = [info.output(signature, name, tags) for name in outputs]
  for name in names:
    if known[name].kind == "sparse":
      raise UserError(
        f"Output {name!r} is {known[name]}; only dense and ragged ones can be "
        "written."
      )
  return _Applied(info, application, names)


@dataclasses.dataclass(frozen=True)
class _Applied:
  """A module, how it is applied, and the outputs that are wanted.

  Attributes:
    info: of the module.
    application: of the module.
    names: of the outputs.
    ragged: names of those that give any number of values for a row.
  """

  info: ModuleInfo
  application: Application
  names: Sequence[str]
  ragged: frozenset[str] = frozenset()

  def check_arrays(self) -> None:
    """Raises a UserError if an output isn't one array."""
    known = self.application.signature_of(self.info).outputs
    for name in self.names:
      if known[name].kind != "dense":
        raise UserError(
          f"Output {name!r} is {known[name]}; hub-estimator apply writes it to a "
          ".jsonl or .parquet file."
        )

  def list_types(self) -> dict[str, ListType]:
    """Returns the types of outputs whose rows are lists, by name."""
    known = self.application.signature_of(self.info).outputs
    found = {}
    for name in self.names:
      output = known[name]
      if name in self.ragged or output.kind != "dense":
        rank = None if output.shape is None else len(output.shape)
        # A row of a ragged one has a dimension less; what one row alone gives hasn't.
        inner = 0 if name in self.ragged else 1
        depth = None if rank is None else rank - inner
        found[name] = ListType(output.dtype, depth)
    return found

  def fitted(self, stream: inputs.Stream) -> "_Applied":
    """Returns this with the tokenizer that the stream's features need."""
    if not tokenizers.takes_tokens(self.application.signature_of(self.info)):
      return self
    specs = {name: stream.spec(name, None) for name in stream.names}
    fitted = self.application.fitted(specs, self.info)
    return dataclasses.replace(self, application=fitted)

  def rows(
    self, stream: inputs.Stream, batch_size: int
  ) -> Iterator[dict[str, np.ndarray]]:
    """Yields outputs [batch, ...] by name."""
    specs = self._specs(stream)
    done, waiting = 0, collections.deque[inputs.Batch]()
    images = Images(
      specs, dict.fromkeys(self._images(specs), self._adapter.pixel_range)
    )

    def batches() -> Iterator[inputs.Batch]:
      read = stream.batches(specs, batch_size)
      for batch in images.checked(read, stream.path):
        waiting.append(batch)
        yield batch

    with reporting_graph_errors(_PREDICT):
      network = networks.Network(specs, self._build)
    with network:
      computed = network.run(batches())
      while True:
        try:
          rows = next(computed, None)
        except tf.errors.OpError as error:
          images.name_damage(stream, waiting[0], done)
          last = done + _length(waiting[0])
          raise UserError(
            f"{stream.path}, rows {done + 1} to {last}: the module fails on them: "
            f"{op_errors.essence(error)}"
          ) from error
        if rows is None:
          return
        count = _length(waiting.popleft())
        rows = row_outputs.by_row(
          ragged_outputs.put_together(rows), count, self.ragged
        )
        if isinstance(stream, inputs.Images):
          files = stream.files[done : done + count]
          rows = {"file": np.array(files, dtype=object), **rows}
        done += count
        yield rows

  def _build(self, features: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    placed = modules.place(self.info, self.application.module, mode=_PREDICT)
    computed, _ = placed.apply(
      self.application.build_inputs(features, self.info, mode=_PREDICT)
    )
    return ragged_outputs.take_apart({n: computed[n] for n in self.names})

  def _specs(self, stream: inputs.Stream) -> dict[str, inputs.FeatureSpec]:
    """Returns the types of the features that the module reads."""
    signature = self.application.signature_of(self.info)
    if self._adapter.tokenizer is not None:  # It knows its inputs.
      return {name: stream.spec(name, None) for name in stream.names}
    names = dict.fromkeys(stream.names)
    sequences = adapters.find_sequences(self._adapter, signature, names)
    # The dtype of pixels says how they are scaled.
    as_stored = self._images(names)
    return {
      feature: stream.spec(feature, None)
      if feature in as_stored
      else _row_spec(stream, feature, sequence)
      for feature, sequence in sequences.items()
    }

  @property
  def _adapter(self) -> Adapter:
    return self.application.adapter

  def _images(self, features: Mapping[str, object]) -> list[str]:
    """Returns the names of the features that the module sees as images."""
    if self._adapter.tokenizer is not None:
      return []
    return adapters.image_features(
      self._adapter,
      self.application.signature_of(self.info),
      features,
      image_size=self.info.image_size,
    )


def _length(batch: inputs.Batch) -> int:
  return len(next(iter(batch.values())))


def _row_spec(
  stream: inputs.Stream, feature: str, sequence: adapters.Sequence
) -> inputs.FeatureSpec:
  tensor = sequence.tensor
  shape = () if tensor.shape is None else tensor.shape[1:]
  if sequence.is_open:
    shape = shape or (None,)
  elif len(shape) < 3 and None in shape:  # All rows are as long as the first.
    shape = stream.spec(feature, None).shape
  wanted = inputs.FeatureSpec(tensor.dtype, shape, sequence.is_sparse)
  return stream.spec(feature, wanted)
