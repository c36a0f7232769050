"""What a person would choose of a module: a signature, and an output to train on."""

from collections.abc import Collection, Mapping

from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.random_outputs import random_outputs
from hub_estimator.modules.variant_info import SignatureInfo, TensorInfo

# The names that modules give what others are to use, the best first.
_SIGNATURES = ("default", "tokens", "image_feature_vector")
_OUTPUTS = ("default", "pooled_output")


def choose_signature(info: ModuleInfo) -> str:
  """Returns the signature of the default variant to fine-tune.

  It takes inputs and has a vector for each row. "default" comes first, then other
  names that modules have in common, then the first by name.

  Args:
    info: the module's description.
  """
  variant = info.default_variant()
  random = random_outputs(info, variant.tags)

  def place(name: str) -> tuple[bool, bool, bool, int, str]:
    signature = variant.signatures[name]
    output = choose_output(signature, random.get(name, ()))
    return (
      not _is_fed(signature),
      not _is_features(signature.outputs.get(output)),
      not _is_vector(signature.outputs.get(output)),
      _place(name, _SIGNATURES),
      name,
    )

  return min(variant.signatures, key=place)


def choose_output(signature: SignatureInfo, random: Collection[str]) -> str:
  """Returns the output of a signature for a head to read.

  Args:
    signature: of a module.
    random: names of its outputs that draw at random.
  """

  def place(name: str) -> tuple[bool, bool, bool, int, str]:
    output = signature.outputs[name]
    return (
      not _is_features(output),
      name in random,
      not _is_vector(output),
      _place(name, _OUTPUTS),
      name,
    )

  return min(signature.outputs, key=place, default="default")


def features_of(
  signature: SignatureInfo,
) -> tuple[Mapping[str, TensorInfo], Mapping[str, TensorInfo]]:
  """Returns a signature's inputs for each row, and its scalars, both by name.

  Args:
    signature: of a module.
  """
  scalars = {n: t for n, t in signature.inputs.items() if t.shape == ()}
  rows = {n: t for n, t in signature.inputs.items() if n not in scalars}
  return rows, scalars


def _place(name: str, known: tuple[str, ...]) -> int:
  return known.index(name) if name in known else len(known)


def _is_fed(signature: SignatureInfo) -> bool:
  rows, _ = features_of(signature)
  return bool(rows) and all(t.kind == "dense" for t in rows.values())


def _is_features(output: TensorInfo | None) -> bool:
  """Returns whether an output is numbers [rows, ..., width]."""
  return (
    output is not None
    and output.kind == "dense"
    and output.dtype in ("float16", "bfloat16", "float32", "float64")
    and output.shape is not None
    and len(output.shape) >= 2
    and output.shape[-1] is not None
  )


def _is_vector(output: TensorInfo | None) -> bool:
  return (
    output is not None and output.shape is not None and len(output.shape) == 2
  )
