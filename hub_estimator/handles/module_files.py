"""The files of one module: their fingerprint, and what is damaged in them."""

import functools
import hashlib
import os
import pathlib
import re
import time

import numpy as np

from hub_estimator.errors import one_line
from hub_estimator.tensorflow_runtime import tf

MODULE = "tfhub_module.pb"
SAVED_MODEL = "saved_model.pb"
_CHUNK_BYTES = 1 << 20
_SETTLED_NS = 2_000_000_000
_SHARD = re.compile(r"variables\.data-(\d+)-of-(\d+)")


def fingerprint(path: str | os.PathLike) -> str:
  """Returns the sha256, hex, of a module's files and of their names."""
  root = pathlib.Path(path)
  digest = hashlib.sha256()
  # `assets.extra` is what people attach to a module; nothing computes with it.
  files = sorted(
    (str(f.relative_to(root)), f)
    for top in (MODULE, SAVED_MODEL, "variables", "assets")
    for f in (
      [root / top] if (root / top).is_file() else (root / top).rglob("*")
    )
    if f.is_file()
  )
  for name, file in files:
    state = file.stat()
    changed = max(state.st_mtime_ns, state.st_ctime_ns)
    # Two changes at once have one time.
    read = _read if time.time_ns() - changed < _SETTLED_NS else _read_once
    found = read(file, (state.st_dev, state.st_ino, state.st_size, changed))
    digest.update(f"{name}\0{found}\n".encode())
  return digest.hexdigest()


def _read(file: pathlib.Path, state: tuple[int, ...]) -> str:
  """Returns the sha256, hex, of a file in a state."""
  del state
  with file.open("rb") as stream:
    return sha256(stream)


# Each trial of a sweep asks for its modules, which may be of gigabytes.
_read_once = functools.lru_cache(maxsize=1024)(_read)


def sha256(stream) -> str:
  """Returns the sha256, hex, of what is left of a binary stream."""
  digest = hashlib.sha256()
  while chunk := stream.read(_CHUNK_BYTES):
    digest.update(chunk)
  return digest.hexdigest()


def size_bytes(path: str | os.PathLike) -> int:
  """Returns the bytes of all files below a directory."""
  files = (p for p in pathlib.Path(path).rglob("*") if p.is_file())
  return sum(p.stat().st_size for p in files)


def is_module(path: str | os.PathLike) -> bool:
  """Returns whether a directory holds a TF1 Hub module or a SavedModel."""
  return os.path.isfile(os.path.join(path, SAVED_MODEL))


def find_damage(
  path: str | os.PathLike, *, thorough: bool = False
) -> str | None:
  """Returns what is missing or broken in a module or SavedModel, or None.

  Looks at what the graph asks for: variables of the right number of bytes, in
  all shards, and assets.

  Args:
    path: its directory.
    thorough: whether all weights are read and compared with the checksums that
      TensorFlow stores beside them.
  """
  root = pathlib.Path(path)
  if not root.is_dir():
    return f"{root} is no directory"
  if not is_module(root):
    held = sorted(os.listdir(root))
    return f"it holds no {SAVED_MODEL}; it holds: " + (
      ", ".join(held[:10]) or "nothing"
    )
  try:
    graphs = _read_graphs(root / SAVED_MODEL)
  except Exception as error:  # Protobuf's, which have no common class.
    return f"{SAVED_MODEL} can't be read: {one_line(error)}"
  if not graphs:
    return f"{SAVED_MODEL} holds no graph"
  problem = _module_proto_damage(root / MODULE)
  if problem:
    return problem
  for graph in graphs:
    for asset in _assets(graph):
      pure = pathlib.PurePosixPath(asset)
      if pure.is_absolute() or ".." in pure.parts:
        return f"the asset {asset!r} lies outside of the module"
      if not (root / "assets" / asset).is_file():
        return f"the asset {asset!r} is missing"
  has_variables = any(
    "variables" in graph.collection_def
    or graph.HasField("object_graph_def")
    and graph.object_graph_def.nodes
    for graph in graphs
  )
  if has_variables:
    return _variables_damage(root / "variables", thorough)
  return None


def asset_names(path: str | os.PathLike) -> list[str]:
  """Returns the assets that a module's graphs read, below its assets/."""
  graphs = _read_graphs(pathlib.Path(path, SAVED_MODEL))
  return sorted({name for graph in graphs for name in _assets(graph)})


def write_in_fixed_order(path: pathlib.Path):
  """Sorts a SavedModel's maps: the same graph gives the same bytes."""
  from tensorflow.core.protobuf import saved_model_pb2

  proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
  serialized = proto.SerializeToString(deterministic=True)
  # Not in place: the file may be a hard link of another version's.
  partial = path.with_suffix(".partial")
  partial.write_bytes(serialized)
  os.replace(partial, path)
  return proto


def _read_graphs(path: pathlib.Path):
  from tensorflow.core.protobuf import saved_model_pb2

  return saved_model_pb2.SavedModel.FromString(path.read_bytes()).meta_graphs


def _module_proto_damage(path: pathlib.Path) -> str | None:
  if not path.exists():  # A SavedModel.
    return None
  # ModuleDef of tensorflow_hub: field 1, the format; 3 is the only one left.
  if path.read_bytes()[:2] != b"\x08\x03":
    return f"{MODULE} doesn't name the format of TF1 Hub"
  return None


def _assets(graph) -> list[str]:
  from tensorflow.core.protobuf import meta_graph_pb2

  collected = graph.collection_def["saved_model_assets"].any_list.value
  return [asset.filename for asset in graph.asset_file_def] + [
    meta_graph_pb2.AssetFileDef.FromString(packed.value).filename
    for packed in collected
  ]


def _variables_damage(directory: pathlib.Path, thorough: bool) -> str | None:
  prefix = directory / "variables"
  if not pathlib.Path(f"{prefix}.index").is_file():
    return "variables/variables.index is missing"
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
  except Exception as error:  # Errors of TensorFlow's reader, of many classes.
    return f"variables can't be read: {one_line(error)}"
  return None
