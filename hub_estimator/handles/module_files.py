"""The files of one module or SavedModel."""

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
  from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

MODULE = "tfhub_module.pb"
SAVED_MODEL = "saved_model.pb"


def is_module(path: str | os.PathLike[str]) -> bool:
  """Returns whether a directory holds a TF1 Hub module or a SavedModel."""
  return os.path.isfile(os.path.join(path, SAVED_MODEL))


def size_bytes(path: str | os.PathLike[str]) -> int:
  """Returns the total size of all files below a directory."""
  files = (p for p in pathlib.Path(path).rglob("*") if p.is_file())
  return sum(p.stat().st_size for p in files)


def read_graphs(
  path: str | os.PathLike[str],
) -> "Sequence[meta_graph_pb2.MetaGraphDef]":
  """Returns the stored graphs of a module, one for each variant.

  Args:
    path: the module's directory.
  """
  return _read(pathlib.Path(path, SAVED_MODEL)).meta_graphs


def asset_names(path: str | os.PathLike[str]) -> list[str]:
  """Returns the assets that a module's graphs read, as paths below assets/."""
  return sorted({n for graph in read_graphs(path) for n in assets_of(graph)})


def assets_of(graph: "meta_graph_pb2.MetaGraphDef") -> list[str]:
  """Returns the assets that a graph reads, as paths below assets/."""
  from tensorflow.core.protobuf import meta_graph_pb2

  collected = graph.collection_def["saved_model_assets"].any_list.value
  return [asset.filename for asset in graph.asset_file_def] + [
    meta_graph_pb2.AssetFileDef.FromString(packed.value).filename
    for packed in collected
  ]


def write_in_fixed_order(path: pathlib.Path) -> "saved_model_pb2.SavedModel":
  """Sorts the maps of a SavedModel, so that equal graphs give equal bytes.

  Args:
    path: the `saved_model.pb`, which is replaced.

  Returns:
    Its content.
  """
  proto = _read(path)
  serialized = proto.SerializeToString(deterministic=True)
  # Not in place: the file may be a hard link to another version's.
  partial = path.with_suffix(".partial")
  partial.write_bytes(serialized)
  os.replace(partial, path)
  return proto


def _read(path: pathlib.Path) -> "saved_model_pb2.SavedModel":
  from tensorflow.core.protobuf import saved_model_pb2

  return saved_model_pb2.SavedModel.FromString(path.read_bytes())
