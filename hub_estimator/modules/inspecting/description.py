"""A module's description as JSON."""

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.modules.inspecting.conformance import common_signatures
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.random_outputs import random_outputs
from hub_estimator.modules.signature_values import read_signature
from hub_estimator.modules.variant_info import (
  TensorInfo,
  VariableInfo,
  VariantInfo,
)
from hub_estimator.tensorflow_runtime import hub_internals


def describe(info: ModuleInfo) -> dict[str, Any]:
  """Returns a module's description as values that JSON can hold.

  Args:
    info: the module's description.
  """
  return {
    "handle": info.handle,
    "path": info.path,
    "fingerprint": info.fingerprint,
    **_files(info.path),
    "image_size": info.image_size,
    "attached_messages": hub_internals.attached_messages(info.spec),
    "custom_ops_missing": info.missing_ops(),
    "variants": [
      _variant(info, variant)
      for _, variant in sorted(
        info.variants.items(), key=lambda item: sorted(item[0])
      )
    ],
    "common_signatures": common_signatures(info),
  }


def _files(path: str | None) -> dict[str, Any]:
  """Returns the size of a module's files, and the names of its assets."""
  if path is None:
    return {"bytes": 0, "assets": []}
  root = pathlib.Path(path)
  files = [p for p in root.rglob("*") if p.is_file()]
  return {
    "bytes": sum(p.stat().st_size for p in files),
    "assets": sorted(
      str(p.relative_to(root / "assets"))
      for p in files
      if p.is_relative_to(root / "assets")
    ),
  }


def _variant(info: ModuleInfo, variant: VariantInfo) -> dict[str, Any]:
  variables = variant.variables.values()
  tags = sorted(variant.tags)
  random = random_outputs(info, tags)
  return {
    "tags": tags,
    "variables": len(variables),
    "parameters": _parameters(variables),
    "trainable_parameters": _parameters(v for v in variables if v.trainable),
    "regularization_losses": len(variant.regularization_losses),
    "update_ops": len(variant.update_ops),
    "tables": len(variant.tables),
    "signatures": {
      name: {
        "inputs": _tensors(signature.inputs),
        "outputs": _tensors(signature.outputs),
        "batch_size": signature.batch_size,
        "random_outputs": random.get(name, {}),
        "values": None if signature.inputs else _values(info, name, tags),
      }
      for name, signature in sorted(variant.signatures.items())
    },
  }


def _parameters(variables: Iterable[VariableInfo]) -> int:
  return int(sum(np.prod([d or 0 for d in v.shape]) for v in variables))


def _tensors(infos: Mapping[str, TensorInfo]) -> dict[str, dict[str, Any]]:
  return {
    name: {
      "dtype": t.dtype,
      "shape": None if t.shape is None else list(t.shape),
      "kind": t.kind,
    }
    for name, t in infos.items()
  }


def _values(
  info: ModuleInfo, name: str, tags: list[str]
) -> dict[str, Any] | None:
  """Returns the values of a signature without inputs; None if it can't run."""
  if info.missing_ops():
    return None
  try:
    values = read_signature(info, name, tags=tags)
  except UserError:  # It reads variables.
    return None
  return {
    key: np.char.decode(value.astype(bytes), "utf-8", "replace").tolist()
    if value.dtype.kind in "OS"
    else value.tolist()
    for key, value in values.items()
  }
