"""A run config for a module, for users to complete."""

import json
from collections.abc import Iterator, Mapping, Sequence

from hub_estimator.modules.inspecting.choices import (
  choose_output,
  choose_signature,
  features_of,
)
from hub_estimator.modules.inspecting.needs import is_image, takes_tokens
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.padding import known_mask, may_hold_padding
from hub_estimator.modules.random_outputs import random_outputs
from hub_estimator.modules.tokenization import read_tokenization
from hub_estimator.modules.variant_info import SignatureInfo, TensorInfo

_SHOWN = 8


def to_gin(info: ModuleInfo) -> str:
  """Returns a run config that fine-tunes a module.

  It makes the choices that a person would make of the module: a signature with a
  vector for each row, its pooled output, a tokenizer for ids of tokens. Other choices
  are comments. The user fills in the data and the head.

  Args:
    info: the module's description.
  """
  signature = info.default_variant().signatures[choose_signature(info)]
  lines = [
    f"# Fine-tunes {info.handle}.",
    "# Fill in the data, and the head that fits its labels.",
    "",
    'include "base.gin"',
    "",
    *module_bindings(info),
    "",
    *_data(info, signature),
    "",
  ]
  if signature.batch_size is not None:
    lines.append(
      f"BATCH_SIZE = {signature.batch_size}  # the only one that the graph takes"
    )
  lines.append("MAX_STEPS = 1000  # optimizer steps")
  return "\n".join(lines) + "\n"


def module_bindings(
  info: ModuleInfo,
  *,
  text: str = "text",
  features: Mapping[str, str] | None = None,
) -> list[str]:
  """Returns the lines of a run config that say how a module is used.

  Args:
    info: the module's description.
    text: the column that a tokenizer reads.
    features: by the module's input, where the names differ.
  """
  variant = info.default_variant()
  name = choose_signature(info)
  signature = variant.signatures[name]
  random = random_outputs(info, variant.tags).get(name, {})
  lines = [
    f"HANDLE = {info.handle!r}",
    f"SIGNATURE = {name!r}{_others(name, sorted(variant.signatures))}",
    *_output(signature, choose_output(signature, random), random),
  ]
  if frozenset() not in info.variants:
    lines.append(f"module.inference_tags = {sorted(variant.tags)!r}")
  return [*lines, *_adapter(info, signature, text, features or {})]


def _others(chosen: str, names: Sequence[str]) -> str:
  """Returns a comment with the other names that there are."""
  others = [name for name in names if name != chosen]
  if not others:
    return ""
  more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
  return f"  # or: {', '.join(others[:_SHOWN])}{more}"


def _output(
  signature: SignatureInfo, chosen: str, random: Mapping[str, Sequence[str]]
) -> Iterator[str]:
  names = sorted(signature.outputs)
  is_usual = chosen == "default" or len(names) == 1
  if not is_usual:
    yield f"module.output = {chosen!r}{_others(chosen, names)}"
  elif len(names) > 1:
    yield f"# module.output = {chosen!r}{_others(chosen, names)}"
  if random:
    yield f"# These draw at random: {', '.join(sorted(random)[:_SHOWN])}."


def _adapter(
  info: ModuleInfo,
  signature: SignatureInfo,
  text: str,
  features: Mapping[str, str],
) -> Iterator[str]:
  """Yields the features that the data must have, and how they reach the module."""
  rows, scalars = features_of(signature)
  yield ""
  if _is_tokenized(info, signature):
    yield f"# The module reads the tokens of a text, the column `{text}` of the data."
    yield from _tokenizer(info, text)
    return
  if takes_tokens(signature):
    yield "# The module tells no vocabulary. If you have it, the data can be text:"
    yield from (f"# {line}" for line in _wordpiece(text))
  yield "# Features that the module reads from the columns of the data:"
  yield from (f"#   {name}: {tensor}" for name, tensor in sorted(rows.items()))
  if len(signature.inputs) > 1:
    yield "adapter.inputs = {"
    for name in sorted(rows):
      yield f"    {name!r}: {features.get(name, name)!r},"
    yield "}"
  if scalars:
    yield "# Hyperparameters of the module; the values are guesses:"
    values = {name: _guess(name, tensor) for name, tensor in scalars.items()}
    yield f"adapter.constants = {dict(sorted(values.items()))!r}"
  if any(map(is_image, rows.values())):
    yield "# adapter.image_range = (-1.0, 1.0)  # if the module expects that"
  yield from _pooling(signature, scalars)


def _pooling(
  signature: SignatureInfo, scalars: Mapping[str, TensorInfo]
) -> Iterator[str]:
  """Yields how an output with more than a vector for each row becomes one."""
  if not signature.outputs:
    return
  output = signature.outputs[choose_output(signature, ())]
  if output.shape is None or len(output.shape) < 3:
    return
  if (
    len(output.shape) == 3
    and known_mask(signature, scalars) is None
    and may_hold_padding(signature, output)
  ):
    yield "# No input tells padding. If one does, set adapter.mask, and pool by mean."
    yield 'adapter.pooling = "mean_with_padding"'
  else:
    yield '# adapter.pooling = "flatten"  # or "max"; the default is "mean"'


def _guess(name: str, tensor: TensorInfo) -> float:
  """Returns a value of a scalar that leaves inference as it is."""
  if "keep" in name:
    return 1.0
  if "momentum" in name:
    return 0.99
  return 0 if tensor.dtype == "bool" else 0.0


def _data(info: ModuleInfo, signature: SignatureInfo) -> list[str]:
  """Returns the bindings of head and data: folders of images, csv, or npz."""
  rows, _ = features_of(signature)
  if len(rows) == 1 and all(map(is_image, rows.values())):
    return [
      "# Each class is a folder with its images.",
      "HEAD = @heads.multi_class()",
      '# multi_class.label_vocabulary = ["cat", "dog"]  # by default all folders, '
      "sorted",
      *_inputs("image_folder", ""),
    ]
  is_table = _is_tokenized(info, signature) or all(
    map(_is_column, rows.values())
  )
  kind = "csv" if is_table else "npz"
  return [
    "HEAD = @heads.binary()  # or: multi_class, multi_label, regression",
    '# binary.label_vocabulary = ["no", "yes"]  # by default the names in the data, '
    "sorted",
    *_inputs(kind, f".{kind}"),
    f'# inputs.{kind}.label = "label"',
  ]


def _inputs(kind: str, ending: str) -> Iterator[str]:
  for place in ("train", "eval"):
    yield f"run.{place}_input = @{place}/inputs.{kind}()"
    yield f'{place}/inputs.{kind}.path = "{place}{ending}"'


def _is_tokenized(info: ModuleInfo, signature: SignatureInfo) -> bool:
  """Returns whether a module reads tokens, and tells those of a text."""
  if not takes_tokens(signature):
    return False
  told = read_tokenization(info)
  return told.model is not None or told.vocabulary is not None


def _tokenizer(info: ModuleInfo, text: str) -> Iterator[str]:
  """Yields the bindings of the tokenizer that a module tells."""
  told = read_tokenization(info)
  if told.model is None and told.lowercase is None:
    yield from _wordpiece(text)
    return
  kind = "wordpiece" if told.model is None else "sentencepiece"
  yield f"# By {told.source}, that is tokenizers.{kind}."
  yield "adapter.tokenizer = @tokenizers.auto()"
  yield f"tokenizers.auto.feature = {_quoted(text)}"
  yield "# tokenizers.auto.max_length = 128"


def _wordpiece(text: str) -> list[str]:
  return [
    "adapter.tokenizer = @tokenizers.wordpiece()",
    f"tokenizers.wordpiece.feature = {_quoted(text)}",
    "# tokenizers.wordpiece.lowercase = True",
    "# tokenizers.wordpiece.max_length = 128",
  ]


def _quoted(text: str) -> str:
  return json.dumps(text, ensure_ascii=False)


def _is_column(tensor: TensorInfo) -> bool:
  return tensor.shape is not None and len(tensor.shape) == 1
