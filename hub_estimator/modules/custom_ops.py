"""Custom ops: those that this process lacks, and the packages that have them."""

from collections.abc import Iterable

from hub_estimator.tensorflow_runtime import op_def_registry

_PACKAGE_OF_OP = {
  "CaseFoldUTF8": "tensorflow-text",
  "ConstrainedSequence": "tensorflow-text",
  "NormalizeUTF8": "tensorflow-text",
  "NormalizeUTF8WithOffsetsMap": "tensorflow-text",
  "RegexSplitWithOffsets": "tensorflow-text",
  "RougeL": "tensorflow-text",
  "SentenceFragments": "tensorflow-text",
  "SplitMergeTokenizeWithOffsets": "tensorflow-text",
  "SimpleMLCreateModelResource": "tensorflow-decision-forests",
}
_PACKAGE_OF_PREFIX = {
  "Addons>": "tensorflow-addons",
  "FastBert": "tensorflow-text",
  "FastWordpiece": "tensorflow-text",
  "IO>": "tensorflow-io",
  "Sentencepiece": "tensorflow-text",
  "SimpleML": "tensorflow-decision-forests",
  "TFText>": "tensorflow-text",
  "UnicodeScriptTokenize": "tensorflow-text",
  "WhitespaceTokenize": "tensorflow-text",
  "Wordpiece": "tensorflow-text",
}


def unregistered(ops: Iterable[str]) -> list[str]:
  """Returns the types of ops that this process doesn't register, sorted."""
  return sorted(op for op in set(ops) if op_def_registry.get(op) is None)


def package_of(op: str) -> str | None:
  """Returns the package that registers a type of op; None if it is unknown."""
  if op in _PACKAGE_OF_OP:
    return _PACKAGE_OF_OP[op]
  for prefix, package in _PACKAGE_OF_PREFIX.items():
    if op.startswith(prefix):
      return package
  return None


def how_to_register(ops: Iterable[str]) -> str:
  """Returns the advice for an error about unregistered ops."""
  packages = sorted({p for p in map(package_of, ops) if p is not None})
  if not packages:
    return "import the Python package that registers them in the gin file"
  return (
    f"they come with {', '.join(packages)}: pip install it and add "
    f"'import {packages[0].replace('-', '_')}' to the gin file"
  )
