"""Pictures that a run reads: pixels in range, and bytes that can be decoded."""

import dataclasses
import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from hub_estimator import inputs, pictures
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.modules import ModuleInfo
from hub_estimator.preprocessing import adapters
from hub_estimator.runs import run_model

_log = logging.getLogger(__name__)
_CHUNK_ROWS = 1024
# Encoded images in memory, and in files of rows, that are decoded before each start,
# evenly spread: some 25 and 5 seconds of a core.
_MOST_DECODED, _MOST_OF_ROWS = 10_000, 2000
# Integers of these dtypes need no check: what they hold is in range, or was before
# this rule.
_ALWAYS_RIGHT = ("uint8", "bool")


@dataclasses.dataclass(frozen=True)
class Images:
  """The features of a run that are images.

  Attributes:
    specs: type of each feature of one example, by name.
    stated: `adapter.pixel_range`, or None, by the name of a feature of images.
  """

  specs: Mapping[str, inputs.FeatureSpec]
  stated: Mapping[str, tuple[float, float] | None]

  @classmethod
  def of(
    cls,
    experiment: Experiment,
    infos: Mapping[str, ModuleInfo],
    specs: Mapping[str, inputs.FeatureSpec],
  ) -> "Images":
    """Returns the images of a run.

    Args:
      experiment: the run's definition.
      infos: of its modules, by `module.name`.
      specs: type of each feature of one example, by name.
    """
    return cls(specs, run_model.image_features(experiment, infos, specs))

  def describe(self) -> dict[str, Any]:
    """Returns how images become a module's input, as the manifest keeps it."""
    return {
      name: {"rules": pictures.RULES}
      if self.specs[name].dtype == "string"
      else {"pixels": list(self._range(name))}
      for name in sorted(self.stated)
    }

  def check_manifest(self, manifest: Mapping[str, Any], model_dir: str) -> None:
    """Raises a UserError if a run was trained with pixels of another scale.

    Args:
      manifest: of the run; one of an earlier version describes no images.
      model_dir: of the run, for messages.
    """
    known = manifest.get("images")
    for name, now in self.describe().items():
      spec = self.specs[name]
      if spec.dtype == "string":
        if (known or {}).get(name) != now:
          _log.warning(
            "%s was trained when images were decoded in another way: %r wasn't "
            "turned by EXIF data or laid on white. Train again for numbers that "
            "fit.",
            model_dir,
            name,
          )
        continue
      # Earlier, only uint8 was scaled.
      before = [0.0, 255.0 if spec.dtype == "uint8" else 1.0]
      then = before if known is None else known.get(name, {}).get("pixels")
      if then is not None and then != now["pixels"]:
        raise UserError(
          f"{model_dir} was trained with pixels of {name!r} from {then[0]:g} to "
          f"{then[1]:g}, and now they are {now['pixels'][0]:g} to "
          f"{now['pixels'][1]:g}; set adapter.pixel_range = ({then[0]:g}, "
          f"{then[1]:g}) to go on with this run, or train another."
        )

  def check_examples(self, examples: inputs.Examples) -> None:
    """Raises a UserError if images can't be scaled or decoded.

    Files have been decoded when their folder or table was read.

    Args:
      examples: of training or evaluation.
    """
    for name in self.stated:
      column = examples.features[name]
      if self.specs[name].dtype == "string":
        _check_encoded(name, column, examples.source)
      else:
        low, high = _extremes(column)
        problem = self._find_problem(name, low, high)
        if problem:
          raise UserError(f"{examples.source}: {name!r}: {problem}.")
        _check_not_binary(
          name, column, high, self.stated[name], examples.source
        )

  def check_stored(self, stream: inputs.Stream) -> None:
    """Raises a UserError if a file holds integers where a run reads floats.

    Args:
      stream: rows to predict for.
    """
    if not stream.path.endswith(".npz"):  # Text has no dtype: 1 may mean 1.0.
      return
    for name in self.stated:
      if name in stream.names:
        self.check_dtype(name, stream.spec(name, None).dtype, stream.path)

  def check_dtype(self, name: str, dtype: str, source: str) -> None:
    """Raises a UserError if pixels are integers where a run reads floats.

    Args:
      name: of the feature.
      dtype: of its values.
      source: where they come from, for messages.
    """
    spec = self.specs[name]
    if name not in self.stated or self.stated[name] is not None:
      return
    kinds = [
      "O" if d == "string" else np.dtype(d).kind for d in (dtype, spec.dtype)
    ]
    if kinds[0] in "iu" and kinds[1] == "f":
      raise UserError(
        f"{source}: the pixels of {name!r} are {dtype}, and the run was trained "
        f"on {spec.dtype} from 0 to 1; divide them by 255."
      )

  def checked(
    self, batches: Iterator[inputs.Batch], source: str
  ) -> Iterator[inputs.Batch]:
    """Yields batches; raises a UserError that names the row if pixels are wrong.

    Args:
      batches: features [batch, ...] by name.
      source: where they come from, for messages.
    """
    done = 0
    for batch in batches:
      for name in self.stated:
        if name in batch and self.specs[name].dtype != "string":
          self._check_rows(name, batch[name], done, source)
      done += len(next(iter(batch.values())))
      yield batch

  def name_damage(
    self, source: inputs.Stream | str | None, batch: inputs.Batch, done: int
  ) -> None:
    """Raises a UserError that names the first image that can't be decoded, if any.

    Args:
      source: the stream or the path of the batch; None if it was handed over.
      batch: features [batch, ...] by name.
      done: the rows before the batch.
    """
    names = [n for n in self.stated if self.specs[n].dtype == "string"]
    with pictures.DamageFinder() as finder:
      for name in names:
        for row, content in enumerate(batch[name], done):
          problem = finder.find(content)
          if problem:
            raise UserError(f"{_place(source, row)}: {problem}.")

  def _range(self, name: str) -> tuple[float, float]:
    return adapters.pixels.range_of(self.specs[name].dtype, self.stated[name])

  def _find_problem(self, name: str, low: float, high: float) -> str | None:
    return adapters.pixels.find_problem(
      self.specs[name].dtype, low, high, self.stated[name]
    )

  def _check_rows(
    self, name: str, values: np.ndarray, done: int, source: str
  ) -> None:
    if not self._find_problem(name, *_extremes(values)):
      return
    for row, value in enumerate(values):
      problem = self._find_problem(name, *_extremes(value[np.newaxis]))
      if problem:
        raise UserError(f"{source}, row {done + row + 1}: {name!r}: {problem}.")


def _place(source: inputs.Stream | str | None, row: int) -> str:
  if source is None:
    return f"Row {row + 1}"
  if isinstance(source, inputs.Images):
    return os.path.join(source.path, source.files[row])
  path = source if isinstance(source, str) else source.path
  return f"{path}, row {row + 1}"


def _extremes(column: inputs.Column) -> tuple[float, float]:
  """Returns the smallest and the largest value; NaN is reported elsewhere."""
  if column.dtype.name in _ALWAYS_RIGHT:
    return 0.0, 0.0
  low, high = np.inf, -np.inf
  for first in range(0, len(column), _CHUNK_ROWS):
    rows = column[first : first + _CHUNK_ROWS]
    if rows.size and rows.dtype.kind in "iu":
      low, high = min(low, float(rows.min())), max(high, float(rows.max()))
    elif rows.size:
      low = min(low, float(np.fmin.reduce(rows, axis=None, initial=np.inf)))
      high = max(high, float(np.fmax.reduce(rows, axis=None, initial=-np.inf)))
  return low, high


def _check_not_binary(
  name: str,
  column: inputs.Column,
  high: float,
  stated: tuple[float, float] | None,
  source: str,
) -> None:
  """Refuses integers of 0 and 1 alone: as bytes, both are black."""
  if stated is None and column.dtype.kind in "iu" and high == 1:
    raise UserError(
      f"{source}: {name!r}: pixels are {column.dtype.name} of 0 and 1 alone, and "
      "integers mean 0 to 255: set adapter.pixel_range = (0, 1), or store bytes."
    )


def _check_encoded(name: str, column: inputs.Column, source: str) -> None:
  """Raises a UserError that names an example whose image can't be decoded."""
  if inputs.file_paths(column) is not None:
    return
  in_memory = isinstance(column, np.ndarray)
  every = -(-len(column) // (_MOST_DECODED if in_memory else _MOST_OF_ROWS))
  rows = range(0, len(column), every)
  reads = [lambda row=row: column[row : row + 1][0] for row in rows]
  damage = pictures.find_damage(reads, what="checking images")
  for row, problem in zip(rows, damage, strict=True):
    if problem:
      raise UserError(f"{source}, example {row}: {name!r}: {problem}.")
