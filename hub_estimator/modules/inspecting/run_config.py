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
  ]
  lines += ["", "HEAD = @heads.binary()", *_data(signature), ""]
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
  if takes_tokens(signature):
    yield f"# The module reads the tokens of a text, the column `{text}` of the data."
    yield from _tokenizer(info, text)
    return
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
  output = choose_output(signature, ())
  shape = signature.outputs[output].shape if signature.outputs else ()
  if shape is not None and len(shape) > 2:
    yield '# adapter.pooling = "flatten"  # or "max"; the default is "mean"'


def _guess(name: str, tensor: TensorInfo) -> float:
  """Returns a value of a scalar that leaves inference as it is."""
  if "keep" in name:
    return 1.0
  if "momentum" in name:
    return 0.99
  return 0 if tensor.dtype == "bool" else 0.0


def _data(signature: SignatureInfo) -> list[str]:
  """Returns the bindings of data: images, csv if features are columns, or npz."""
  rows, _ = features_of(signature)
  kind, ending = "npz", ".npz"
  if takes_tokens(signature) or all(map(_is_column, rows.values())):
    kind, ending = "csv", ".csv"
  elif len(rows) == 1 and all(map(is_image, rows.values())):
    kind, ending = "image_folder", ""
  return [
    f"run.train_input = @train/inputs.{kind}()",
    f"run.eval_input = @eval/inputs.{kind}()",
    f'train/inputs.{kind}.path = "train{ending}"',
    f'eval/inputs.{kind}.path = "eval{ending}"',
  ]


def _tokenizer(info: ModuleInfo, text: str) -> Iterator[str]:
  """Yields the bindings of the tokenizer that a module tells."""
  told = read_tokenization(info)
  if told.model is None and (told.vocabulary is None or told.lowercase is None):
    yield "adapter.tokenizer = @tokenizers.wordpiece()"
    yield f"tokenizers.wordpiece.feature = {_quoted(text)}"
    if told.vocabulary is None:
      yield '# tokenizers.wordpiece.vocabulary = "vocab.txt"'
    yield "# tokenizers.wordpiece.lowercase = True"
    yield "# tokenizers.wordpiece.max_length = 128"
    return
  kind = "wordpiece" if told.model is None else "sentencepiece"
  yield f"# By {told.source}, that is tokenizers.{kind}."
  yield "adapter.tokenizer = @tokenizers.auto()"
  yield f"tokenizers.auto.feature = {_quoted(text)}"
  yield "# tokenizers.auto.max_length = 128"


def _quoted(text: str) -> str:
  return json.dumps(text, ensure_ascii=False)


def _is_column(tensor: TensorInfo) -> bool:
  return tensor.shape is not None and len(tensor.shape) == 1
