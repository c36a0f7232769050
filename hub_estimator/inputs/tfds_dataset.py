"""Datasets of TensorFlow Datasets."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.inputs import interface


@gin.register("tfds", module="inputs")
@dataclasses.dataclass(frozen=True)
class Tfds:
  """A split of a dataset, read into memory.

  Needs tensorflow-datasets: pip install 'hub-estimator[tfds]'. Images of one size
  become arrays; others stay encoded, and are decoded when their batch comes.
  What is nested has names such as "translation/en".

  Attributes:
    name: such as "mnist" or "glue/sst2:2.0.0"; or the directory of a prepared
      dataset, the one that holds dataset_info.json.
    split: such as "train" or "test[:20%]".
    label: the feature of labels, or a list of one for each head of
      `heads.multi`; None where there are none.
    features: the ones to read; None reads all but the label.
    data_dir: where datasets are kept; None means TFDS_DATA_DIR or
      ~/tensorflow_datasets.
    download: whether a dataset that isn't there is downloaded and prepared.
  """

  name: str
  split: str
  label: interface.Label = "label"
  features: Sequence[str] | None = None
  data_dir: str | None = None
  download: bool = True

  def __post_init__(self):
    interface.check_names("tfds", label=self.label, features=self.features)

  def read(self) -> interface.Examples:
    """Returns all examples of the split, in the order that they are stored.

    Raises:
      UserError: there is no such dataset, split or feature, or it can't be
        downloaded.
    """
    tfds = _tensorflow_datasets()
    builder = self._builder(tfds)
    kinds = _flat(builder.info.features)
    source = f"inputs.tfds {self.name!r}, split {self.split!r}"
    wanted = interface.label_columns(self.label) + sorted(
      kinds if self.features is None else self.features
    )
    for name in wanted:
      if name not in kinds:
        raise UserError(
          f"{source} has no feature {name!r}; {nearest(name, kinds)}"
        )
    encoded = {
      name: tfds.decode.SkipDecoding()
      for name, kind in ((name, kinds[name]) for name in wanted)
      if isinstance(kind, tfds.features.Image) and None in kind.shape
    }
    try:
      dataset = builder.as_dataset(
        split=self.split,
        decoders=tfds.decode.PartialDecoding(
          _nested(dict.fromkeys(wanted, True)), decoders=_nested(encoded)
        ),
        read_config=tfds.ReadConfig(interleave_cycle_length=1),
      )
    except (ValueError, KeyError) as error:
      raise UserError(f"{source}: {one_line(error)}") from error
    values: dict[str, list] = {name: [] for name in wanted}
    for example in tfds.as_numpy(dataset):
      flat = _flat(example)
      for name, column in values.items():
        column.append(flat[name])
    if not next(iter(values.values()), None):
      raise UserError(f"{source} has no examples.")
    return interface.split_label(
      {name: _column(name, column, source) for name, column in values.items()},
      label=self.label,
      features=self.features,
      source=source,
    )

  def _builder(self, tfds) -> Any:
    path = interface.expand_path(self.name, "inputs.tfds.name")
    if os.path.isfile(os.path.join(path, "dataset_info.json")):
      return tfds.builder_from_directory(path)
    data_dir = self.data_dir and os.path.expanduser(self.data_dir)
    try:
      builder = tfds.builder(self.name, data_dir=data_dir, try_gcs=False)
      if self.download:
        builder.download_and_prepare()
    except tfds.core.registered.DatasetNotFoundError as error:
      raise UserError(
        f"inputs.tfds.name {self.name!r}: there is no such dataset. "
        + nearest(self.name.split("/")[0].split(":")[0], tfds.list_builders())
      ) from error
    except Exception as error:  # Whatever a dataset's own code raises.
      raise UserError(
        f"inputs.tfds {self.name!r} can't be had: {type(error).__name__}: "
        f"{one_line(error)}"
      ) from error
    if not os.path.isdir(builder.data_dir):
      raise UserError(
        f"inputs.tfds {self.name!r} isn't prepared in {builder.data_dir}, and "
        "inputs.tfds.download is False."
      )
    return builder


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
  """Returns the leaves of nested mappings by names such as "a/b"."""
  if not hasattr(tree, "items"):
    return {prefix: tree}
  flat = {}
  for name, value in tree.items():
    flat |= _flat(value, f"{prefix}/{name}" if prefix else name)
  return flat


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
  nested: dict[str, Any] = {}
  for name, value in flat.items():
    *parents, last = name.split("/")
    inner = nested
    for parent in parents:
      inner = inner.setdefault(parent, {})
    inner[last] = value
  return nested


def _column(name: str, values: list, source: str) -> np.ndarray:
  if isinstance(values[0], np.ndarray) and len({v.shape for v in values}) == 1:
    array = np.stack(values)
    return array.astype(np.float32) if array.dtype == np.float64 else array
  plain = [v.item() if isinstance(v, np.generic) else v for v in values]
  return interface.column(name, plain, source)


def _tensorflow_datasets() -> Any:
  # Its registry of datasets must not be asked for over the network.
  os.environ.setdefault("NO_GCE_CHECK", "true")
  try:
    import tensorflow_datasets
  except ImportError as error:
    raise UserError(
      "inputs.tfds needs tensorflow-datasets: pip install 'hub-estimator[tfds]'."
    ) from error
  return tensorflow_datasets
