"""A module's tables as resources that a SavedModel fills when it is loaded."""

import itertools
from collections.abc import Mapping
from typing import Any

from hub_estimator.converting.importing import import_part
from hub_estimator.converting.parts import Part
from hub_estimator.tensorflow_runtime import tf

# A table's name is one of the process, not of a graph.
_numbers = itertools.count()


class Table(tf.compat.v2.saved_model.experimental.TrackableResource):
  """A table that each loading of the SavedModel makes and fills.

  In the process that converts the module it stays empty.
  """

  def __init__(
    self, node: tf.NodeDef, fill: Part, files: Mapping[str, Any]
  ) -> None:
    """Makes an empty table.

    Args:
      node: makes the table in the stored graph.
      fill: the part of the graph that fills it.
      files: the `Asset`s by the names of the tensors with their paths.
    """
    self._types = {
      name: tf.as_dtype(node.attr[name].type)
      for name in ("key_dtype", "value_dtype")
    }
    self._name = f"{node.name}_{next(_numbers)}"
    self._handle_name = f"{node.name}:0"
    self._fill = fill
    self._files = files
    super().__init__()

  def _create_resource(self) -> tf.Tensor:
    return tf.raw_ops.HashTableV2(shared_name=self._name, **self._types)

  def _initialize(self) -> None:
    """Fills the table; TensorFlow calls it when it saves the table."""
    starts = {name: asset.asset_path for name, asset in self._files.items()}
    starts[self._handle_name] = self.resource_handle
    import_part(self._fill, starts)
