"""Examples whose features are replaced by the outputs of frozen modules."""

import contextlib
import dataclasses
import logging
import pathlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import disk_cache, progress
from hub_estimator.features import entry, widths
from hub_estimator.features.keepable import check_keepable
from hub_estimator.features.network import Network
from hub_estimator.inputs import Column, Examples
from hub_estimator.model import Encoder, encoders
from hub_estimator.modules import ModuleInfo

_log = logging.getLogger(__name__)
_BATCH_SIZE = 64


class Outputs:
  """The outputs of an encoder's modules for a run's examples.

  Attributes:
    widths: the width of each application's output.
    lengths: the number of examples of each part.
  """

  def __init__(
    self,
    parts: Sequence[Examples],
    encoder: Encoder,
    infos: Mapping[str, ModuleInfo],
    *,
    unseen: Collection[str] = (),
    batch_size: int = _BATCH_SIZE,
  ) -> None:
    """Finds the width of each output, but computes none.

    Args:
      parts: examples of a run that have the same features, for example those of
        training and those of evaluation.
      encoder: applies the modules.
      infos: of the modules, by `module.name`.
      unseen: features that no module sees, such as the weights of examples.
      batch_size: examples that a module is applied to at a time.

    Raises:
      NotKept: the outputs may differ from one run to the next.
    """
    check_keepable(encoder, infos)
    self._parts = parts
    self.lengths = [len(part) for part in parts]
    self._encoder = encoder
    self._batch_size = batch_size
    self._visible = [
      Examples(
        {n: array for n, array in part.features.items() if n not in unseen},
        None,
        part.source,
      )
      for part in parts
    ]
    self._networks = [
      Network(application, infos[application.module.name], self._visible[0])
      for application in encoder.applications()
    ]
    self.widths = [widths.read_or_compute(n) for n in self._networks]
    self._examples: list[Examples] = []

  def promised(self) -> list[Examples]:
    """Returns what `examples` will return, and computes no output.

    Whoever reads a row of an output calls `examples`.
    """
    if self._examples:
      return self._examples
    return self._with_outputs(
      lambda number, index: _Promised(self, number, index)
    )

  def examples(self) -> list[Examples]:
    """Returns the parts, with outputs in place of the features that modules read.

    Outputs are read from the cache, and computed if they aren't there.

    Raises:
      NotKept: the outputs may differ from one run to the next.
    """
    if not self._examples:
      self._examples = self._compute()
      self._networks = []  # Their graphs are large.
    return self._examples

  def _compute(self) -> list[Examples]:
    outputs = []
    for network in self._networks:
      with contextlib.closing(network):
        outputs.append([self._read(part, network) for part in self._visible])
    return self._with_outputs(lambda number, index: outputs[index][number])

  def _with_outputs(
    self, output: Callable[[int, int], Column]
  ) -> list[Examples]:
    """Returns the parts with outputs in place of the features that modules read.

    Args:
      output: returns a column, from the numbers of a part and of an application.
    """
    read = {name for network in self._networks for name in network.reads}
    gone = read - encoders.columns_read(self._encoder)
    found = []
    for number, part in enumerate(self._parts):
      columns = {n: c for n, c in part.features.items() if n not in gone}
      for index in range(len(self._networks)):
        columns[encoders.output_key(index)] = output(number, index)
      found.append(dataclasses.replace(part, features=columns))
    return found

  def _read(self, examples: Examples, network: Network) -> np.ndarray:
    """Returns float32 [examples, width], from the cache or computed now."""

    def make(path: pathlib.Path) -> None:
      handle = str(network.application.module.handle)
      _log.info(
        "Computing the outputs of %r for %d examples.", handle, len(examples)
      )
      started = time.monotonic()
      batches = network.outputs(examples, batch_size=self._batch_size)
      entry.write(path, _with_progress(batches, len(examples)))
      _log.info(
        "Computed the outputs of %r for %d examples in %.1f s; they are kept.",
        handle,
        len(examples),
        time.monotonic() - started,
      )

    key = network.key_of(examples)
    return disk_cache.read_or_make("features", key, read=entry.read, make=make)


def _with_progress(
  batches: Iterator[np.ndarray], total: int
) -> Iterator[np.ndarray]:
  done = 0
  for batch in batches:
    done += len(batch)
    progress.report("computing features", done, total, unit="examples")
    yield batch


@dataclasses.dataclass(frozen=True, eq=False)
class _Promised:
  """A column of outputs that are computed when a row is read.

  Attributes:
    outputs: has the column.
    part: the number of the examples.
    index: the number of the application.
  """

  outputs: Outputs
  part: int
  index: int

  @property
  def dtype(self) -> np.dtype[Any]:
    return np.dtype(np.float32)

  @property
  def shape(self) -> tuple[int | None, ...]:
    return (len(self), self.outputs.widths[self.index])

  def __len__(self) -> int:
    return self.outputs.lengths[self.part]

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    columns = self.outputs.examples()[self.part].features
    return columns[encoders.output_key(self.index)][rows]
