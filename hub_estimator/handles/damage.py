"""Damage to a module: files that are missing, cut short or changed."""

import os
import pathlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from hub_estimator.errors import one_line
from hub_estimator.handles import file_kinds
from hub_estimator.handles.module_files import (
  MODULE,
  SAVED_MODEL,
  assets_of,
  is_module,
  read_graphs,
)
from hub_estimator.tensorflow_runtime import tf

if TYPE_CHECKING:
  from tensorflow.core.protobuf import meta_graph_pb2

_SHARD = re.compile(r"variables\.data-(\d+)-of-(\d+)")
# A UserError about a folder that a user names also says what to do.
NO_VARIABLES = "variables/variables.index is missing"


def find_damage(
  path: str | os.PathLike[str], *, thorough: bool = False
) -> str | None:
  """Returns what is missing or broken in a module or SavedModel, or None.

  Checks the files that the graphs need: assets, and all shards of the variables
  with the right number of bytes.

  Args:
    path: its directory.
    thorough: whether to read all weights and compare them with the checksums
      that TensorFlow stores beside them.
  """
  root = pathlib.Path(path)
  if not root.is_dir():
    return f"{root} isn't a directory"
  if not is_module(root):
    held = sorted(os.listdir(root))
    return f"it holds no {SAVED_MODEL}; it holds: " + (
      ", ".join(held[:10]) or "nothing"
    )
  mistaken = _mistaken_file(root)
  if mistaken is not None:
    return mistaken
  try:
    graphs = read_graphs(root)
  except Exception as error:  # Protobuf's errors have no common class.
    return f"{SAVED_MODEL} can't be read: {one_line(error)}"
  if not graphs:
    return f"{SAVED_MODEL} holds no graph"
  damage = _module_proto_damage(root / MODULE) or _assets_damage(root, graphs)
  if damage is None and any(map(_has_variables, graphs)):
    return _variables_damage(root / "variables", thorough)
  return damage


def _mistaken_file(root: pathlib.Path) -> str | None:
  """Returns which file is another thing than its name says, and what it is."""
  for path in (root / SAVED_MODEL, root / MODULE, *root.glob("variables/*")):
    what = file_kinds.mistaken(path) if path.is_file() else None
    if what is not None:
      return f"{path.relative_to(root)} {what}"
  for path in root.glob("assets/**/*"):  # Any of these may be a page or a zip.
    what = file_kinds.lfs_pointer(path) if path.is_file() else None
    if what is not None:
      return f"{path.relative_to(root)} {what}"
  return None


def _module_proto_damage(path: pathlib.Path) -> str | None:
  if not path.exists():  # A SavedModel has none.
    return None
  # tensorflow_hub's ModuleDef: field 1 is the format; 3 is the only one left.
  if path.read_bytes()[:2] != b"\x08\x03":
    return f"{MODULE} doesn't name the format of TF1 Hub"
  return None


def _assets_damage(
  root: pathlib.Path, graphs: "Iterable[meta_graph_pb2.MetaGraphDef]"
) -> str | None:
  for asset in (name for graph in graphs for name in assets_of(graph)):
    pure = pathlib.PurePosixPath(asset)
    if pure.is_absolute() or ".." in pure.parts:
      return f"the asset {asset!r} lies outside the module"
    if not (root / "assets" / asset).is_file():
      return f"the asset {asset!r} is missing"
  return None


def _has_variables(graph: "meta_graph_pb2.MetaGraphDef") -> bool:
  return "variables" in graph.collection_def or bool(
    graph.HasField("object_graph_def") and graph.object_graph_def.nodes
  )


def _variables_damage(directory: pathlib.Path, thorough: bool) -> str | None:
  prefix = directory / "variables"
  if not pathlib.Path(f"{prefix}.index").is_file():
    return NO_VARIABLES
  held = os.listdir(directory)
  shards = {m.groups() for m in map(_SHARD.fullmatch, held) if m}
  counts = {int(count) for _, count in shards}
  if len(counts) != 1 or len(shards) != counts.pop():
    return "shards of variables are missing; it has: " + (
      ", ".join(sorted(n for n in held if _SHARD.fullmatch(n))) or "none"
    )
  try:
    reader = tf.train.load_checkpoint(str(prefix))
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    # Strings have no fixed size.
    wanted = sum(
      int(np.prod(shape)) * dtypes[name].size
      for name, shape in shapes.items()
      if dtypes[name] not in (tf.string, tf.variant)
    )
    stored = sum(
      (directory / name).stat().st_size for name in held if ".data-" in name
    )
    if stored < wanted:
      return f"variables hold {stored} bytes of {wanted}"
    if thorough:
      for name in shapes:
        reader.get_tensor(name)
  except Exception as error:  # TensorFlow's reader raises many classes.
    return f"variables can't be read: {one_line(error)}"
  return None
