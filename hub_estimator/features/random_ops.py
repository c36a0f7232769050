"""Ops that draw random numbers: their outputs differ from call to call."""

from hub_estimator.tensorflow_runtime import tf

# What the types of such ops start with.
_RANDOM = (
  "Multinomial",
  "ParameterizedTruncated",
  "Random",
  "RngReadAndSkip",
  "StatefulRandom",
  "StatefulStandardNormal",
  "StatefulTruncatedNormal",
  "StatefulUniform",
  "TruncatedNormal",
)


def find_random_ops(tensor: tf.Tensor) -> list[str]:
  """Returns the types of the random ops that a tensor is computed from.

  Control flow keeps its ops in functions. All functions in the graph count,
  whether the tensor depends on them or not.
  """
  seen, todo = set(), [tensor.op]
  while todo:
    op = todo.pop()
    if op not in seen:
      seen.add(op)
      todo += [*(source.op for source in op.inputs), *op.control_inputs]
  types = {op.type for op in seen}
  for function in tensor.graph.as_graph_def().library.function:
    types |= {node.op for node in function.node_def}
  return sorted(t for t in types if t.startswith(_RANDOM))
