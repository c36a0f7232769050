"""A run config for a module, for users to complete."""

from collections.abc import Mapping

from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.variant_info import TensorInfo


def to_gin(info: ModuleInfo) -> str:
  """Returns a run config that fine-tunes a module.

  It uses the signature "default" and its output "default" if they exist. The user
  fills in the data and the head.

  Args:
    info: the module's description.
  """
  variant = info.default_variant()
  names = sorted(variant.signatures)
  signature_name = "default" if "default" in names else names[0]
  signature = variant.signatures[signature_name]
  lines = [
    f"# Fine-tunes {info.handle}.",
    "# Fill in the data, and the head that fits its labels.",
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
    *_features(signature.inputs),
    "",
    "HEAD = @heads.binary()",
    *_inputs(signature.inputs),
    "",
    "MAX_STEPS = 1000  # optimizer steps",
  ]
  return "\n".join(lines) + "\n"


def _features(inputs: Mapping[str, TensorInfo]) -> list[str]:
  """Returns the features that the data must have, and their binding."""
  lines = ["", "# Features that the module reads from the columns of the data:"]
  lines += [f"#   {name}: {tensor}" for name, tensor in sorted(inputs.items())]
  if len(inputs) > 1:
    lines.append("adapter.inputs = {")
    lines += [f"    {name!r}: {name!r}," for name in sorted(inputs)]
    lines.append("}")
  return lines


def _inputs(inputs: Mapping[str, TensorInfo]) -> list[str]:
  """Returns the bindings of data: csv if each feature is a column, else npz."""
  kind = "csv" if all(map(_is_column, inputs.values())) else "npz"
  return [
    f"run.train_input = @train/inputs.{kind}()",
    f"run.eval_input = @eval/inputs.{kind}()",
    f'train/inputs.{kind}.path = "train.{kind}"',
    f'eval/inputs.{kind}.path = "eval.{kind}"',
  ]


def _is_column(tensor: TensorInfo) -> bool:
  return tensor.shape is not None and len(tensor.shape) == 1
