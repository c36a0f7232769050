"""What a handle offers, told to people: as text, as JSON, as a run config."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.modules import placing as modules
from hub_estimator.modules.module_info import (
  ModuleInfo,
  SignatureInfo,
  TensorInfo,
)
from hub_estimator.tensorflow_runtime import hub_internals


def describe(info: ModuleInfo) -> dict[str, Any]:
  """Returns what a module offers, as JSON knows it; creates no variable."""
  root = pathlib.Path(info.path)
  files = [p for p in root.rglob("*") if p.is_file()]
  return {
    "handle": info.handle,
    "path": info.path,
    "fingerprint": info.fingerprint,
    "bytes": sum(p.stat().st_size for p in files),
    "assets": sorted(
      str(p.relative_to(root / "assets"))
      for p in files
      if p.is_relative_to(root / "assets")
    ),
    "image_size": info.image_size,
    "attached_messages": hub_internals.attached_messages(info.spec),
    "custom_ops_missing": info.missing_ops(),
    "variants": [
      {
        "tags": sorted(tags),
        "variables": len(variant.variables),
        "parameters": _parameters(variant.variables.values()),
        "trainable_parameters": _parameters(
          v for v in variant.variables.values() if v.trainable
        ),
        "regularization_losses": len(variant.regularization_losses),
        "update_ops": len(variant.update_ops),
        "tables": len(variant.tables),
        "signatures": {
          name: {
            "inputs": _tensors(signature.inputs),
            "outputs": _tensors(signature.outputs),
            "values": None
            if signature.inputs
            else _values(info, name, sorted(tags)),
          }
          for name, signature in sorted(variant.signatures.items())
        },
      }
      for tags, variant in sorted(
        info.variants.items(), key=lambda item: sorted(item[0])
      )
    ],
    "common_signatures": common_signatures(info),
  }


def to_text(described: Mapping[str, Any]) -> str:
  """Returns a description as lines for a terminal."""
  lines = [
    described["handle"],
    f"  path         {described['path']}",
    f"  sha256       {described['fingerprint']}",
    f"  size         {described['bytes'] / 1e6:,.1f} MB",
  ]
  for key, label in (
    ("assets", "assets"),
    ("attached_messages", "attached"),
    ("custom_ops_missing", "missing ops"),
  ):
    if described[key]:
      lines.append(f"  {label:12} {', '.join(described[key])}")
  if described["image_size"]:
    height, width = described["image_size"]
    lines.append(f"  images       {height} x {width} pixels")
  for variant in described["variants"]:
    lines += [
      "",
      f"variant {variant['tags']}",
      f"  {variant['variables']} variables, {variant['parameters']:,} parameters,"
      f" {variant['trainable_parameters']:,} trainable",
      f"  {variant['regularization_losses']} regularization losses, "
      f"{variant['update_ops']} update ops, {variant['tables']} tables",
    ]
    for name, signature in variant["signatures"].items():
      lines.append(f"  signature {name!r}")
      for direction in ("inputs", "outputs"):
        for tensor, kind in signature[direction].items():
          value = (signature["values"] or {}).get(tensor)
          told = (
            "" if direction == "inputs" or value is None else f" = {value!r}"
          )
          lines.append(
            f"    {direction[:-1]:6} {tensor}: {_kind_text(kind)}{told}"
          )
  lines.append("")
  for name, problems in described["common_signatures"].items():
    verdict = "conforms" if not problems else "no: " + "; ".join(problems)
    lines.append(f"{name}: {verdict}")
  return "\n".join(lines)


def common_signatures(info: ModuleInfo) -> dict[str, list[str]]:
  """Returns, by TensorFlow Hub's common signature, where a module departs.

  Source: tensorflow.org/hub/common_signatures, for the TF1 Hub format. An
  empty list means that it conforms.
  """
  variant = info.variants.get(frozenset()) or next(iter(info.variants.values()))
  signatures = variant.signatures
  found = {}
  for name, dimensions in (
    ("image_feature_vector", "features"),
    ("image_classification", "classes"),
  ):
    if name in signatures:
      found[name] = _image_problems(signatures[name], dimensions)
    else:
      found[name] = [f"no signature {name!r}"]
  if "default" in signatures:
    found["text_embedding"] = _text_problems(signatures["default"])
  else:
    found["text_embedding"] = ["no signature 'default'"]
  return found


def to_gin(info: ModuleInfo) -> str:
  """Returns a run config for a module: what it needs filled in, what is left.

  Takes the signature "default" where there is one, and its output "default".
  """
  variant = info.variants.get(frozenset()) or next(iter(info.variants.values()))
  names = sorted(variant.signatures)
  signature_name = "default" if "default" in names else names[0]
  signature = variant.signatures[signature_name]
  lines = [
    f"# Fine-tunes {info.handle}.",
    "# To fill in: the data, and the head that fits its labels.",
    "",
    'include "base.gin"',
    "",
    f"HANDLE = {info.handle!r}",
    f"SIGNATURE = {signature_name!r}  # of: {', '.join(names)}",
  ]
  outputs = sorted(signature.outputs)
  if outputs and "default" not in outputs:
    lines.append(f"module.output = {outputs[0]!r}  # of: {', '.join(outputs)}")
  if frozenset() not in info.variants:
    lines.append(f"module.inference_tags = {sorted(variant.tags)!r}")
  lines += [
    "",
    "# Features that the module reads, from the columns of the data:",
  ]
  for name, tensor in sorted(signature.inputs.items()):
    lines.append(f"#   {name}: {tensor}")
  if len(signature.inputs) > 1:
    lines.append("adapter.inputs = {")
    lines += [f"    {name!r}: {name!r}," for name in sorted(signature.inputs)]
    lines.append("}")
  kind = (
    "csv" if all(_is_column(t) for t in signature.inputs.values()) else "npz"
  )
  lines += [
    "",
    "HEAD = @heads.binary()",
    f"run.train_input = @train/inputs.{kind}()",
    f"run.eval_input = @eval/inputs.{kind}()",
    f'train/inputs.{kind}.path = "train.{kind}"',
    f'eval/inputs.{kind}.path = "eval.{kind}"',
    "",
    "MAX_STEPS = 1000  # optimizer steps",
  ]
  return "\n".join(lines) + "\n"


def _is_column(tensor: TensorInfo) -> bool:
  return tensor.shape is not None and len(tensor.shape) == 1


def _parameters(variables) -> int:
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


def _values(info: ModuleInfo, name: str, tags: list[str]) -> dict | None:
  """Returns what a signature without inputs tells; None where it can't."""
  if info.missing_ops():
    return None
  try:
    values = modules.read_signature(info, name, tags=tags)
  except UserError:  # It reads variables.
    return None
  return {
    key: np.char.decode(value.astype(bytes), "utf-8", "replace").tolist()
    if value.dtype.kind in "OS"
    else value.tolist()
    for key, value in values.items()
  }


def _kind_text(kind: Mapping[str, Any]) -> str:
  shape = None if kind["shape"] is None else tuple(kind["shape"])
  return str(TensorInfo(kind["dtype"], shape, kind["kind"]))


def _image_problems(signature: SignatureInfo, dimensions: str) -> list[str]:
  problems = []
  images = signature.inputs.get("images")
  if images is None:
    problems.append("no input 'images'")
  elif (
    images.dtype != "float32"
    or images.shape is None
    or len(images.shape) != 4
    or images.shape[3] not in (3, None)
  ):
    problems.append(f"input 'images' is {images}, not float32 [None, H, W, 3]")
  problems += _output_problems(signature, dimensions)
  return problems


def _text_problems(signature: SignatureInfo) -> list[str]:
  problems = []
  kinds = list(signature.inputs.values())
  if len(kinds) != 1 or kinds[0].dtype != "string" or kinds[0].shape != (None,):
    given = ", ".join(map(str, kinds)) or "nothing"
    problems.append(f"it takes {given}, not one string [None]")
  problems += _output_problems(signature, "width")
  return problems


def _output_problems(signature: SignatureInfo, dimensions: str) -> list[str]:
  output = signature.outputs.get("default")
  if output is None:
    return ["no output 'default'"]
  if (
    output.dtype != "float32"
    or output.shape is None
    or len(output.shape) != 2
    or output.shape[1] is None
  ):
    return [f"output 'default' is {output}, not float32 [None, {dimensions}]"]
  return []
