"""What `import tensorflow` means to a file: TensorFlow 1 or 2, by its source.

A file is TensorFlow 2 code if it says so: it reads `tf.compat.v1` or `.v2`, or a name
that only TensorFlow 2 has. It is TensorFlow 1 code if it reads a name that only
TensorFlow 1 has, or imports nothing but `tensorflow.compat.v1`. Where neither is so,
`tf.function` and `tf.GradientTape` are signs of TensorFlow 2; else the file is taken
for what the command runs, TensorFlow 1 code.
"""

import ast
import enum
import types
from collections.abc import Iterator
from typing import Any

from hub_estimator.tensorflow_runtime import tf


class Meaning(enum.Enum):
  """Of `import tensorflow`, in one file."""

  NONE = "doesn't import TensorFlow"
  TF1 = "TensorFlow 1"
  TF2 = "TensorFlow 2"


# TensorFlow 1.15 has them too, but few programs for it used them.
_IDIOMS_OF_2 = {"function", "GradientTape"}
_EXPLICIT = ("compat.v1", "compat.v2")
# Everywhere, and slow to import.
_ALIKE = {"keras", "python", "core", "estimator"}


def find_meaning(tree: ast.AST) -> Meaning:
  """Returns what `import tensorflow` means to a file, of its source."""
  explicit = {f"tensorflow.{name}" for name in _EXPLICIT}
  imported = set(_imports(tree))
  if not imported:
    return Meaning.NONE
  names = set(_names(tree))
  if imported <= {"tensorflow.compat.v1"}:
    return Meaning.TF1
  if imported & explicit or any(name.startswith(_EXPLICIT) for name in names):
    return Meaning.TF2
  in_1 = {name for name in names if _has(tf, name)}
  in_2 = {name for name in names if _has(tf.compat.v2, name)}
  if in_2 - in_1:
    return Meaning.TF2
  if any(name.startswith("contrib") for name in names) or in_1 - in_2:
    return Meaning.TF1
  return Meaning.TF2 if names & _IDIOMS_OF_2 else Meaning.TF1


def guarded_lines(tree: ast.AST) -> frozenset[int]:
  """Returns the lines in a `try` that goes on without what it imports."""
  lines: set[int] = set()
  for node in ast.walk(tree):
    if isinstance(node, ast.Try) and any(map(_catches_imports, node.handlers)):
      last = node.body[-1].end_lineno or node.lineno
      lines.update(range(node.lineno, last + 1))
  return frozenset(lines)


def _catches_imports(handler: ast.ExceptHandler) -> bool:
  if handler.type is None:
    return True
  caught = {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
  return bool(
    caught
    & {"ImportError", "ModuleNotFoundError", "Exception", "AttributeError"}
  )


def _imports(tree: ast.AST) -> Iterator[str]:
  """Yields `tensorflow`, `tensorflow.compat.v1` or `.v2` for each import of it."""
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
      modules = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
      continue
    for module in modules:
      if f"{module}.".startswith("tensorflow."):
        parts = module.split(".")[:3]
        is_compat = parts[1:2] == ["compat"] and len(parts) == 3
        yield ".".join(parts) if is_compat else "tensorflow"


def _names(tree: ast.AST) -> Iterator[str]:
  """Yields the dotted names of TensorFlow that a file reads, without "tf."."""
  aliases = {"tensorflow"}
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      for alias in node.names:
        if alias.name == "tensorflow":
          aliases.add(alias.asname or alias.name)
    elif isinstance(node, ast.ImportFrom) and not node.level:
      module = f"{node.module}."
      if module.startswith("tensorflow."):
        prefix = module.removeprefix("tensorflow.")
        yield from (prefix + alias.name for alias in node.names)
  for node in ast.walk(tree):
    if isinstance(node, ast.Attribute):
      root, *rest = ast.unparse(node).split(".")
      if root in aliases and rest and all(p.isidentifier() for p in rest):
        yield ".".join(rest)


def _has(module: Any, name: str) -> bool:
  """Returns whether TensorFlow has a name; what follows a class isn't looked at."""
  found = module
  for part in name.split("."):
    if part in _ALIKE:
      return True
    if not isinstance(found, types.ModuleType):
      return True
    if not hasattr(found, part):
      return False
    found = getattr(found, part)
  return True
