"""Compares a SavedModel's own gradients with those of its plain graph.

A model may define gradients in Python, mostly to save memory (swish). A TF1 Hub
module can't represent them; it has the gradients of the plain ops.
"""

from collections.abc import Mapping

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.modules.saved_models.building import GetTensor, import_graph
from hub_estimator.modules.saved_models.plain_graph import DEFAULT, PlainGraph
from hub_estimator.tensorflow_runtime import tf


def build_gradients(
  plain: PlainGraph, tensor: GetTensor, variables: Mapping[str, tf.Variable]
) -> dict[str, tf.Tensor]:
  """Adds gradients of the trainable variables to the current graph.

  They are gradients of a sum over all float outputs of "default".

  Args:
    plain: the plain graph.
    tensor: finds its tensors in the current graph.
    variables: the graph's variables, by name.
  """
  names = [n for n, v in plain.variables.items() if v.trainable]
  outputs = [tensor(t) for t in plain.signatures[DEFAULT].outputs.values()]
  gradients = tf.gradients(
    [tf.reduce_sum(tf.sin(t)) for t in outputs if t.dtype.is_floating],
    [variables[name] for name in names],
    unconnected_gradients=tf.UnconnectedGradients.ZERO,
  )
  return dict(zip(names, map(tf.convert_to_tensor, gradients), strict=True))


def check_gradients(
  plain: PlainGraph,
  fed: Mapping[str, np.ndarray],
  own: Mapping[str, np.ndarray],
  *,
  weights: str,
) -> None:
  """Checks that the plain graph has the gradients that the SavedModel has.

  Args:
    plain: the plain graph.
    fed: the model's inputs, by the names of their tensors.
    own: the SavedModel's gradients for these inputs, by variable.
    weights: the prefix of a checkpoint with the variables.

  Raises:
    UserError: the gradients differ.
  """
  with tf.Graph().as_default(), tf.Session() as session:
    tensor = import_graph(plain)
    variables = {v.op.name: v for v in tf.global_variables()}
    gradients = build_gradients(plain, tensor, variables)
    tf.train.Saver(variables).restore(session, weights)
    session.run(plain.table_initializers)
    inlined = session.run(gradients, fed)
  for name, expected in own.items():
    if not np.allclose(inlined[name], expected, rtol=1e-3, atol=1e-5):
      raise UserError(
        f"it defines gradients in Python, such as the gradient of {name}, which "
        "a TF1 Hub module can't represent.",
      )


def random_inputs(
  plain: PlainGraph, tensor: GetTensor
) -> dict[str, np.ndarray]:
  """Returns random inputs of "default", by the names of their tensors."""
  rng = np.random.default_rng(1)
  inputs = plain.signatures[DEFAULT].inputs.values()
  return {name: _random_values(tensor(name), rng) for name in inputs}


def _random_values(tensor: tf.Tensor, rng: np.random.Generator) -> np.ndarray:
  dims = [None] if tensor.shape.rank is None else tensor.shape.as_list()
  shape = [d or (2 if i == 0 else 8) for i, d in enumerate(dims)]
  if tensor.dtype == tf.string:
    return np.full(shape, "some words", object)
  if tensor.dtype.is_floating:
    return rng.random(shape).astype(tensor.dtype.as_numpy_dtype)
  return np.ones(shape, tensor.dtype.as_numpy_dtype)
