"""Datasets of TensorFlow Datasets."""

import contextlib
import dataclasses
import io
import logging
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.inputs import arrays, names, paths
from hub_estimator.inputs.interface import Column, Examples, Label
from hub_estimator.inputs.sequences import Ragged

_log = logging.getLogger(__name__)


@gin.register("tfds", module="inputs")
@dataclasses.dataclass(frozen=True)
class Tfds:
  """A split of a dataset, read into memory.

  Needs tensorflow-datasets: pip install 'hub-estimator[tfds]'. Images of one size
  become arrays; others stay encoded, and are decoded when their batch comes.
  Nested features have names such as "translation/en".

  Attributes:
    name: such as "mnist" or "glue/sst2:2.0.0"; or the directory of a prepared
      dataset, the one that holds dataset_info.json.
    split: such as "train" or "test[:20%]".
    label: the feature of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels.
    features: the features to read; None reads all but the label.
    data_dir: the directory of prepared datasets; None means TFDS_DATA_DIR or
      ~/tensorflow_datasets.
    download: whether a dataset that isn't there is downloaded and prepared.
  """

  name: str
  split: str
  label: Label = "label"
  features: Sequence[str] | None = None
  data_dir: str | None = None
  download: bool = True

  def __post_init__(self) -> None:
    names.check_names("tfds", label=self.label, features=self.features)

  def read(self) -> Examples:
    """Returns all examples of the split, in the order in which they are stored.

    Raises:
      UserError: there is no such dataset, split or feature, or the dataset can't
        be downloaded.
    """
    tfds = _tensorflow_datasets()
    builder = self._builder(tfds)
    source = f"inputs.tfds {self.name!r}, split {self.split!r}"
    kinds = _flat(builder.info.features)
    wanted = self._wanted(kinds, source)
    dataset = self._dataset(
      tfds, builder, {name: kinds[name] for name in wanted}, source
    )
    values: dict[str, list[Any]] = {name: [] for name in wanted}
    for example in tfds.as_numpy(dataset):
      flat = _flat(example)
      for name, column in values.items():
        column.append(flat[name])
    if not next(iter(values.values()), None):
      raise UserError(f"{source} has no examples.")
    label_names = names.label_columns(self.label)
    examples = names.split_label(
      {
        name: _column(name, column, source, name in label_names)
        for name, column in values.items()
      },
      label=self.label,
      features=self.features,
      source=source,
    )
    if isinstance(self.label, str):
      classes = _class_names(kinds[self.label])
      examples = dataclasses.replace(examples, classes=classes)
    return examples

  def _wanted(self, kinds: Mapping[str, Any], source: str) -> list[str]:
    """Returns the names of the labels and features to read."""
    wanted = names.label_columns(self.label) + sorted(
      kinds if self.features is None else self.features
    )
    for name in wanted:
      if name not in kinds:
        raise UserError(
          f"{source} has no feature {name!r}; {nearest(name, kinds)}"
        )
    return wanted

  def _dataset(
    self, tfds: Any, builder: Any, kinds: Mapping[str, Any], source: str
  ) -> Any:
    """Returns the split with these features, images of any size still encoded."""
    encoded = {
      name: tfds.decode.SkipDecoding()
      for name, kind in kinds.items()
      if isinstance(kind, tfds.features.Image) and None in kind.shape
    }
    try:
      return builder.as_dataset(
        split=self.split,
        decoders=tfds.decode.PartialDecoding(
          _nested(dict.fromkeys(kinds, True)), decoders=_nested(encoded)
        ),
        # One shard at a time, so that the order is the one on disk.
        read_config=tfds.ReadConfig(interleave_cycle_length=1),
      )
    except (ValueError, KeyError) as error:
      raise UserError(f"{source}: {one_line(error)}") from error

  def _builder(self, tfds: Any) -> Any:
    """Returns the builder of a prepared dataset; prepares it if need be."""
    path = paths.expand_path(self.name, "inputs.tfds.name")
    if os.path.isfile(os.path.join(path, "dataset_info.json")):
      return tfds.builder_from_directory(path)
    data_dir = self.data_dir and os.path.expanduser(self.data_dir)
    try:
      builder = tfds.builder(self.name, data_dir=data_dir, try_gcs=False)
      if self.download:
        _prepare(tfds, builder, self.name)
    except tfds.core.registered.DatasetNotFoundError as error:
      raise UserError(
        f"inputs.tfds.name {self.name!r}: there is no such dataset. "
        + nearest(self.name.split("/")[0].split(":")[0], tfds.list_builders())
      ) from error
    except Exception as error:  # Whatever a dataset's own code raises.
      raise UserError(
        f"inputs.tfds {self.name!r} can't be prepared: {type(error).__name__}: "
        f"{one_line(error)}"
      ) from error
    if not os.path.isdir(builder.data_dir):
      raise UserError(
        f"inputs.tfds {self.name!r} isn't prepared in {builder.data_dir}, and "
        "inputs.tfds.download is False."
      )
    return builder


def _prepare(tfds: Any, builder: Any, name: str) -> None:
  """Downloads and prepares a dataset unless it is there."""
  if os.path.isdir(builder.data_dir):
    builder.download_and_prepare()  # Only checks what is there.
    return
  _log.info("Downloading and preparing %s in %s.", name, builder.data_dir)
  started = time.monotonic()
  tfds.disable_progress_bar()
  with contextlib.redirect_stdout(
    io.StringIO()
  ):  # It prints what is logged here.
    builder.download_and_prepare()
  _log.info("Prepared %s in %.1f s.", name, time.monotonic() - started)


def _class_names(kind: Any) -> tuple[str, ...] | None:
  """Returns the names of a ClassLabel's classes, None of another feature's."""
  if not getattr(kind, "num_classes", None):
    return None
  return tuple(kind.names)


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
  """Returns the leaves of nested mappings by names such as "a/b"."""
  if not hasattr(tree, "items"):
    return {prefix: tree}
  flat: dict[str, Any] = {}
  for name, value in tree.items():
    flat |= _flat(value, f"{prefix}/{name}" if prefix else name)
  return flat


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
  """Returns nested mappings of leaves by names such as "a/b"."""
  nested: dict[str, Any] = {}
  for name, value in flat.items():
    *parents, last = name.split("/")
    inner = nested
    for parent in parents:
      inner = inner.setdefault(parent, {})
    inner[last] = value
  return nested


def _column(
  name: str, values: Sequence[Any], source: str, is_label: bool
) -> Column:
  if isinstance(values[0], np.ndarray) and len({v.shape for v in values}) == 1:
    array = np.stack(values)
    return array.astype(np.float32) if array.dtype == np.float64 else array
  if not is_label and _are_lists(values):
    array = np.concatenate(values)
    dtype = np.float32 if array.dtype == np.float64 else array.dtype
    return Ragged(array.astype(dtype, copy=False), [len(v) for v in values])
  plain = [v.item() if isinstance(v, np.generic) else v for v in values]
  return arrays.column(name, plain, source)


def _are_lists(values: Sequence[Any]) -> bool:
  """Returns whether values are arrays that differ only in their lengths."""
  return (
    all(isinstance(v, np.ndarray) and v.ndim for v in values)
    and len({(v.shape[1:], v.dtype) for v in values}) == 1
  )


def _tensorflow_datasets() -> Any:
  # Otherwise it asks for its registry of datasets over the network.
  os.environ.setdefault("NO_GCE_CHECK", "true")
  try:
    import tensorflow_datasets
  except ImportError as error:
    raise UserError(
      "inputs.tfds needs tensorflow-datasets: pip install 'hub-estimator[tfds]'."
    ) from error
  return tensorflow_datasets
