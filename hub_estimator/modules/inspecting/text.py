"""A module's description as text for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub_estimator.modules.variant_info import TensorInfo

# Keys of a description that are shown if they aren't empty, and their labels.
_LISTS = (
  ("assets", "assets"),
  ("attached_messages", "attached"),
  ("custom_ops_missing", "missing ops"),
)


def to_text(described: Mapping[str, Any]) -> str:
  """Returns a description as lines of text.

  Args:
    described: from `describe`.
  """
  lines = [*_head(described)]
  for variant in described["variants"]:
    lines += ["", *_variant(variant)]
  lines.append("")
  for name, departures in described["common_signatures"].items():
    verdict = "conforms" if not departures else "no: " + "; ".join(departures)
    lines.append(f"{name}: {verdict}")
  return "\n".join(lines)


def _head(described: Mapping[str, Any]) -> Iterator[str]:
  yield described["handle"]
  yield f"  path         {described['path']}"
  yield f"  sha256       {described['fingerprint']}"
  yield f"  size         {described['bytes'] / 1e6:,.1f} MB"
  for key, label in _LISTS:
    if described[key]:
      yield f"  {label:12} {', '.join(described[key])}"
  if described["image_size"]:
    height, width = described["image_size"]
    yield f"  images       {height} x {width} pixels"


def _variant(variant: Mapping[str, Any]) -> Iterator[str]:
  yield f"variant {variant['tags']}"
  yield (
    f"  {variant['variables']} variables, {variant['parameters']:,} parameters,"
    f" {variant['trainable_parameters']:,} trainable"
  )
  yield (
    f"  {variant['regularization_losses']} regularization losses, "
    f"{variant['update_ops']} update ops, {variant['tables']} tables"
  )
  for name, signature in variant["signatures"].items():
    size = signature["batch_size"]
    fixed = "" if size is None else f", in batches of {size} rows alone"
    yield f"  signature {name!r}{fixed}"
    for tensor, info in signature["inputs"].items():
      yield f"    input  {tensor}: {_tensor(info)}"
    for tensor, info in signature["outputs"].items():
      value = (signature["values"] or {}).get(tensor)
      shown = "" if value is None else f" = {value!r}"
      if tensor in signature["random_outputs"]:
        ops = signature["random_outputs"][tensor]
        shown += f" draws at random ({', '.join(ops)})"
      yield f"    output {tensor}: {_tensor(info)}{shown}"


def _tensor(info: Mapping[str, Any]) -> str:
  shape = None if info["shape"] is None else tuple(info["shape"])
  return str(TensorInfo(info["dtype"], shape, info["kind"]))
