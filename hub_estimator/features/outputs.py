"""Examples whose features are replaced by the outputs of frozen modules."""

import contextlib
import dataclasses
import logging
import pathlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from hub_estimator import disk_cache, progress
from hub_estimator.features import entry, widths
from hub_estimator.features.keepable import check_keepable
from hub_estimator.features.network import Network
from hub_estimator.inputs import Examples
from hub_estimator.model import Encoder, encoders
from hub_estimator.modules import ModuleInfo

_log = logging.getLogger(__name__)
_BATCH_SIZE = 64


class Outputs:
  """The outputs of an encoder's modules for a run's examples.

  Attributes:
    widths: the width of each application's output.
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

  def examples(self) -> list[Examples]:
    """Returns the parts, with outputs in place of the features that modules read.

    Outputs are read from the cache, and computed if they aren't there.

    Raises:
      NotKept: the outputs may differ from one run to the next.
    """
    if not self._examples:
      self._examples = self._replace_features()
      self._networks = []  # Their graphs are large.
    return self._examples

  def _replace_features(self) -> list[Examples]:
    features = [dict(part.features) for part in self._parts]
    read: set[str] = set()
    for index, network in enumerate(self._networks):
      with contextlib.closing(network):
        for columns, part in zip(features, self._visible, strict=True):
          columns[encoders.output_key(index)] = self._read(part, network)
      read.update(network.reads)
    for columns in features:
      for name in read - encoders.columns_read(self._encoder):
        del columns[name]
    return [
      dataclasses.replace(part, features=columns)
      for part, columns in zip(self._parts, features, strict=True)
    ]

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
