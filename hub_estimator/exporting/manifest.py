"""The manifest in each half of a version: what the half is and what it holds."""

import pathlib
from collections.abc import Iterable, Mapping
from concurrent import futures
from typing import Any

from hub_estimator import disk
from hub_estimator.handles import module_files
from hub_estimator.model_dir import read_json, write_json
from hub_estimator.tensorflow_runtime import hub_internals, tf


def read(half: pathlib.Path) -> dict[str, Any]:
  """Returns the manifest of a full model or a module.

  Raises:
    UserError: it can't be read.
  """
  return read_json(_file(half))


def write(half: pathlib.Path, manifest: Mapping[str, Any]) -> None:
  """Writes the manifest of a full model or a module."""
  write_json(_file(half), manifest)


def with_schema(
  half: pathlib.Path, description: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, Any]:
  """Writes the schema of the run's data, and returns the description with it.

  Args:
    half: a full model or a module.
    description: as `describe` returns it.
    schema: as JSON has it.
  """
  path = _file(half).with_name("schema.json")
  path.parent.mkdir(exist_ok=True)
  write_json(path, schema)
  sums = {
    **description["sha256"],
    str(path.relative_to(half)): disk.sha256(path),
  }
  return {**description, "sha256": dict(sorted(sums.items()))}


def describe(half: pathlib.Path) -> dict[str, Any]:
  """Returns the signatures and checksums of a full model or a module.

  It also sorts the maps in its saved_model.pb, so that equal graphs have equal
  bytes, and syncs all of its files to disk.
  """
  proto = module_files.write_in_fixed_order(half / "saved_model.pb")
  with futures.ThreadPoolExecutor(max_workers=1) as pool:
    synced = pool.submit(disk.sync_tree, half)
    description = {
      "signatures": _signatures(proto.meta_graphs),
      "sha256": _checksums(half),
    }
    synced.result()
  return description


def _file(half: pathlib.Path) -> pathlib.Path:
  return half / "assets.extra" / "manifest.json"


def _signatures(graphs: Iterable[tf.MetaGraphDef]) -> dict[str, Any]:
  """Returns inputs and outputs by signature, {"dtype", "shape"} each."""
  return {
    name: {
      "inputs": _tensors(signature.inputs),
      "outputs": _tensors(signature.outputs),
    }
    for graph in graphs
    for name, signature in sorted(graph.signature_def.items())
    if not name.startswith("__")  # What initializes a SavedModel.
  }


def _tensors(infos: Mapping[str, tf.TensorInfo]) -> dict[str, Any]:
  described = {}
  for name, info in sorted(hub_internals.tensor_types(infos).items()):
    shape = info.get_shape()
    described[name] = {
      "dtype": info.dtype.name,
      "shape": None if shape.rank is None else shape.as_list(),
    }
  return described


def _checksums(half: pathlib.Path) -> dict[str, str]:
  """Returns the sha256, hex, of each file except the manifest, by its name."""
  return {
    str(path.relative_to(half)): disk.sha256(path)
    for path in sorted(half.rglob("*"))
    if path.is_file() and path != _file(half)
  }
