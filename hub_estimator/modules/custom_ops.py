"""Custom ops: those that TensorFlow lacks, and the packages that register them."""

import importlib
from collections.abc import Iterable
from typing import Any

from hub_estimator import config
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import op_def_registry, tf

# Those that tensorflow-text registers, besides its ops with a prefix; a test compares
# them with the installed package.
_TEXT_OPS = frozenset(
  (
    "CaseFoldUTF8",
    "ConstrainedSequence",
    "FastBertNormalize",
    "FastWordpieceTokenizeWithOffsets",
    "FindSourceOffsets",
    "MaxSpanningTree",
    "NormalizeUTF8",
    "NormalizeUTF8WithOffsetsMap",
    "PhraseTokenize",
    "RegexSplitWithOffsets",
    "RougeL",
    "SentenceFragments",
    "SentenceFragmentsV2",
    "SentencepieceDetokenizeOp",
    "SentencepieceIdToStringOp",
    "SentencepieceOp",
    "SentencepieceStringToIdOp",
    "SentencepieceTokenizeOp",
    "SentencepieceTokenizeWithOffsetsOp",
    "SentencepieceVocabSizeOp",
    "SplitMergeTokenizeWithOffsets",
    "TokenizerFromLogits",
    "UnicodeScriptTokenizeWithOffsets",
    "WhitespaceTokenizeWithOffsets",
    "WordpieceTokenizeWithOffsets",
  )
)
_PACKAGE_OF_PREFIX = {
  "Addons>": "tensorflow-addons",
  "IO>": "tensorflow-io",
  "SimpleML": "tensorflow-decision-forests",
  "TFText>": "tensorflow-text",
}
_EXTRAS = {"tensorflow-text": "'hub-estimator[text]'"}


def unregistered(ops: Iterable[str]) -> list[str]:
  """Returns the types of ops that this process doesn't register, sorted."""
  return sorted(op for op in set(ops) if op_def_registry.get(op) is None)


def foreign(ops: Iterable[str]) -> list[str]:
  """Returns the types of ops that TensorFlow alone doesn't register, sorted."""
  types = set(ops)
  known = {op for op in types if package_of(op) is not None}
  return sorted(known | set(unregistered(types)))


def package_of(op: str) -> str | None:
  """Returns the package that registers a type of op; None if it is unknown."""
  if op in _TEXT_OPS:
    return "tensorflow-text"
  for prefix, package in _PACKAGE_OF_PREFIX.items():
    if op.startswith(prefix):
      return package
  return None


def register(ops: Iterable[str]) -> list[str]:
  """Imports the packages that register ops, and returns those still missing, sorted.

  A package is imported if it is installed and if configs may import it (--safe).
  """
  missing = unregistered(ops)
  for package in _packages(missing):
    if config.may_import(_module(package)):
      _import(package)
  return unregistered(missing)


def require(what: str, ops: Iterable[str]) -> None:
  """Imports the packages that register ops.

  Args:
    what: needs the ops, for the message.
    ops: their types.

  Raises:
    UserError: some can't be registered; the message names them and their packages.
  """
  missing = register(ops)
  if missing:
    raise UserError(
      f"{what} needs ops that are not registered in this process: "
      f"{', '.join(missing)}; {how_to_register(missing)}."
    )


def ops_of(meta_graph: Any) -> frozenset[str]:
  """Returns the types of ops in a MetaGraphDef, but not the names of functions."""
  functions = meta_graph.graph_def.library.function
  ops = {node.op for node in meta_graph.graph_def.node}
  ops.update(node.op for function in functions for node in function.node_def)
  return frozenset(ops - {function.signature.name for function in functions})


def how_to_register(ops: Iterable[str]) -> str:
  """Returns the advice for an error about ops that `register` couldn't register."""
  packages = _packages(ops)
  if not packages:
    return "import the Python package that registers them in the gin file"
  names = ", ".join(packages)
  refused = [p for p in packages if not config.may_import(_module(p))]
  if refused:
    return f"they come with {names}, and --safe doesn't import {refused[0]}"
  unusable = {p: why for p in packages if (why := _import(p)) is not None}
  if not unusable:
    return f"the installed {names} doesn't have them: try another version"
  install = " ".join(_EXTRAS.get(p, p) for p in unusable)
  why = "; ".join(unusable.values())
  return f"they come with {names}: pip install {install} ({why})"


def _packages(ops: Iterable[str]) -> list[str]:
  return sorted({p for p in map(package_of, ops) if p is not None})


def _module(package: str) -> str:
  return package.replace("-", "_")


def _import(package: str) -> str | None:
  """Imports a package; returns why it can't be imported, or None."""
  try:
    importlib.import_module(_module(package))
  except (ImportError, AttributeError, tf.errors.OpError) as error:
    # A package built for another TensorFlow fails as it loads its ops.
    return f"{type(error).__name__}: {str(error).splitlines()[0]}"
  return None
