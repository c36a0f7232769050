"""What a TensorFlow 2 SavedModel can't hold, found before anything is written."""

from collections.abc import Iterator

from hub_estimator.converting.ragged import ragged_parts
from hub_estimator.converting.references import (
  REFERENCE_VARIABLES,
  takes_reference,
)
from hub_estimator.converting.stored_graph import TABLES, StoredGraph
from hub_estimator.errors import UserError
from hub_estimator.modules import VariantInfo
from hub_estimator.tensorflow_runtime import op_def_registry, tf

_PYTHON_OPS = ("PyFunc", "EagerPyFunc", "PyFuncStateless")


def check_variant(variant: VariantInfo, graph: StoredGraph) -> None:
  """Checks that a SavedModel can hold a variant.

  Args:
    variant: its description.
    graph: its graph.

  Raises:
    UserError: it can't; the message is the first reason, without the module's name.
  """
  for problem in (
    *_in_signatures(variant, graph),
    *_in_ops(variant, graph),
    *_in_parts(graph),
  ):
    raise UserError(problem)


def _in_signatures(variant: VariantInfo, graph: StoredGraph) -> Iterator[str]:
  for name, signature in sorted(variant.signatures.items()):
    sides = {"input": signature.inputs, "output": signature.outputs}
    for side, tensors in sides.items():
      for key, tensor in tensors.items():
        ragged = side == "output" and key in graph.signatures[name].ragged
        if tensor.kind != "dense" and not ragged:
          yield (
            f"signature {name!r} has the {tensor.kind} {side} {key!r}, and a "
            "signature of TensorFlow 2 has dense ones only."
          )
    parts = [
      part
      for key in graph.signatures[name].ragged
      for part in ragged_parts(key, graph.signatures[name].outputs[key])
    ]
    for part in sorted(set(parts) & set(signature.outputs)):
      yield f"signature {name!r} has both a ragged output and {part!r}, its part."


def _in_ops(variant: VariantInfo, graph: StoredGraph) -> Iterator[str]:
  python = sorted(variant.ops & set(_PYTHON_OPS))
  if python:
    yield (
      f"it runs Python code ({', '.join(python)}), which no other process has."
    )
  for name, node in graph.nodes.items():
    is_variable = node.op in ("VarHandleOp", *REFERENCE_VARIABLES)
    if is_variable and name not in variant.variables:
      yield f"it reads the variable {name!r}, which it doesn't store."
    elif not is_variable and takes_reference(node):
      yield f"{node.op} {name!r} changes a variable by reference."
    elif not is_variable and node.op not in TABLES and _makes_state(node):
      yield f"{node.op} {name!r} has a state that a SavedModel can't hold."


def _in_parts(graph: StoredGraph) -> Iterator[str]:
  for name in graph.signatures:
    unfed = graph.unfed(name)
    if unfed:
      yield (
        f"signature {name!r} depends on {unfed[0]!r}, which is no input of it."
      )
  for table in graph.tables():
    if not graph.fill(table).ops:
      yield f"nothing fills its table {table!r}."


def _makes_state(node: tf.NodeDef) -> bool:
  """Returns whether a node without inputs returns a handle."""
  if any(not name.startswith("^") for name in node.input):
    return False
  op = op_def_registry.get(node.op)
  return op is not None and any(
    output.type == tf.resource.as_datatype_enum for output in op.output_arg
  )
