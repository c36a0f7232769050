"""A SavedModel of TensorFlow 2 as a TF1 Hub module.

Its functions are inlined into plain graphs: one for inference and, if the model's
call takes `training`, one for training. They become the variants {} and {"train"}.
Losses, update ops and exports then work as in any other module.
"""

from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.modules.saved_models.building import build_module
from hub_estimator.modules.saved_models.calls import find_calls, named_outputs
from hub_estimator.modules.saved_models.extraction import extract
from hub_estimator.modules.saved_models.gradients import (
  build_gradients,
  check_gradients,
  random_inputs,
)
from hub_estimator.modules.saved_models.plain_graph import (
  DEFAULT,
  PlainGraph,
  Signature,
)
from hub_estimator.tensorflow_runtime import hub, tf

_PYTHON_OPS = ("PyFunc", "EagerPyFunc", "PyFuncStateless")


def write_module(source_path: str, path: str, *, weights: str) -> None:
  """Writes a SavedModel as a TF1 Hub module.

  Args:
    source_path: the directory of the SavedModel.
    path: a directory that doesn't exist yet.
    weights: the prefix for a temporary checkpoint.

  Raises:
    UserError: the SavedModel runs Python code or defines gradients in Python, or
      it has no signature and can't be called.
  """
  graphs = _read_modes(source_path, weights)

  def module_fn(tags: frozenset[str]) -> None:
    build_module(graphs[tags])

  spec = hub.create_module_spec(
    module_fn, tags_and_args=[(set(tags), {"tags": tags}) for tags in graphs]
  )
  if graphs[frozenset()].variables:
    spec.export(path, checkpoint_path=weights)
    return
  with tf.Graph().as_default(), tf.Session() as session:
    hub.Module(spec).export(path, session)


def _read_modes(
  source_path: str, weights: str
) -> dict[frozenset[str], PlainGraph]:
  """Returns the plain graphs by tags; writes the variables to `weights`."""
  inference = _read(source_path, training=False, weights=weights)
  training = _read(source_path, training=True, weights=None)
  assert inference is not None  # Only a training mode may be missing.
  graphs = {frozenset[str](): inference}
  if training is not None:
    graphs[frozenset({"train"})] = training
  for graph in graphs.values():
    python = {n.op for n in graph.graph_def.node} & set(_PYTHON_OPS)
    if python:
      raise UserError(
        f"it runs Python code ({', '.join(sorted(python))}), which no other "
        "process has.",
      )
  return graphs


def _read(
  source_path: str, *, training: bool, weights: str | None
) -> PlainGraph | None:
  """Returns the plain graph of a mode; None if the model has no training mode.

  Args:
    source_path: the directory of the SavedModel.
    training: the mode.
    weights: the prefix of the checkpoint to write; None writes none.
  """
  with tf.Graph().as_default() as graph:
    loaded = tf.saved_model.load_v2(source_path)
    signatures = _build_signatures(loaded, training=training)
    if signatures is None:
      return None
    if not signatures:
      raise UserError("it has no signature and can't be called.")
    plain = extract(
      graph,
      signatures=signatures,
      losses=_build_losses(loaded),
      table_initializers=_build_table_initializers(),
      trainable=_trainable_names(loaded),
    )
    if weights is not None:
      _write_weights(plain, graph, weights)
  return plain


def _build_signatures(
  loaded: Any, *, training: bool
) -> dict[str, Signature] | None:
  """Adds each call of a SavedModel to the graph; None if it can't train."""
  signatures = {}
  for name, (specs, call) in find_calls(loaded, training=training).items():
    inputs = {
      key: tf.placeholder(spec.dtype, spec.shape, name=f"{name}_input_{i}")
      for i, (key, spec) in enumerate(sorted(specs.items()))
    }
    try:
      outputs = named_outputs(call(inputs))
    except (TypeError, ValueError):
      if training and name == DEFAULT:  # It has no argument `training`.
        return None
      raise
    signatures[name] = Signature(
      {key: tensor.name for key, tensor in inputs.items()},
      {
        key: _keep_shape(tensor, f"{name}_output_{i}").name
        for i, (key, tensor) in enumerate(sorted(outputs.items()))
      },
    )
  return signatures


def _keep_shape(tensor: tf.Tensor, name: str) -> tf.Tensor:
  """Returns a tensor whose static shape survives an import of the graph."""
  if tensor.shape.rank is None:
    return tf.identity(tensor, name)
  return tf.ensure_shape(tensor, tensor.shape, name)


def _build_losses(loaded: Any) -> list[str]:
  losses = getattr(loaded, "regularization_losses", None) or ()
  return [
    tf.identity(loss(), f"regularization_{i}").name
    for i, loss in enumerate(losses)
  ]


def _build_table_initializers() -> list[str]:
  return [
    tf.group(op, name=f"initialize_table_{i}").name
    for i, op in enumerate(tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS))
  ]


def _trainable_names(loaded: Any) -> set[str]:
  variables = getattr(loaded, "trainable_variables", None)
  if variables is None:
    variables = [v for v in tf.global_variables() if v.trainable]
  return {v.op.name for v in variables}


def _write_weights(plain: PlainGraph, graph: tf.Graph, weights: str) -> None:
  """Writes the variables as a checkpoint, and checks the plain gradients."""
  variables = {
    v.op.name: v for v in tf.global_variables() if v.op.name in plain.variables
  }
  if not variables:
    return
  tensor = graph.get_tensor_by_name
  # Before the session starts: it refuses changes to a call that it has run.
  own = (
    build_gradients(plain, tensor, variables)
    if plain.custom_gradients
    else None
  )
  with tf.Session() as session:
    session.run(tf.variables_initializer(list(variables.values())))
    tf.train.Saver(variables).save(
      session, weights, write_meta_graph=False, write_state=False
    )
    if own is not None:
      fed = random_inputs(plain, tensor)
      check_gradients(plain, fed, session.run(own, fed), weights=weights)
