"""A SavedModel as a TF1 Hub module.

The functions of one of TensorFlow 2 are inlined into a plain graph, once without
and, where the model takes `training`, once with it: the variants {} and {"train"} of
a TF1 Hub module. All else (variants, losses, update ops, exports) is then as for any
other module. Those of TensorFlow 1 are plain graphs: see `saved_models_v1`.
"""

import dataclasses
import itertools
import os
import pathlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError, one_line
from hub_estimator.graphs import inline_functions
from hub_estimator.handles import ResolvedHandle
from hub_estimator.modules import saved_models_v1
from hub_estimator.tensorflow_runtime import (
  hub,
  module_cache_dir,
  op_def_registry,
  tf,
)

# Counts up when the same SavedModel would be converted otherwise.
_CONVERTER = 1
_DEFAULT = "default"
_SERVING = "serving_default"
_NEEDS_PYTHON = ("PyFunc", "EagerPyFunc", "PyFuncStateless")
_GRADIENT = "_gradient_op_type"
_UPDATES = (
  "AssignVariableOp",
  "AssignAddVariableOp",
  "AssignSubVariableOp",
)


@dataclasses.dataclass(frozen=True)
class _Signature:
  """Names of tensors, by the names that the signature gives them."""

  inputs: Mapping[str, str]
  outputs: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class _Variable:
  """A variable whose handle is an op of its own name."""

  shape: tuple[int, ...]
  dtype: tf.DType
  trainable: bool


@dataclasses.dataclass(frozen=True)
class _PlainGraph:
  """One mode of a SavedModel, without function calls.

  Attributes:
    graph_def: all that the rest names.
    signatures: by name.
    variables: by name; those that a signature or a loss reads.
    losses: names of tensors, scalars.
    table_initializers: names of ops.
    assets: paths of files, by the name of the tensor that holds them.
    update_ops: names of ops.
    custom_gradients: whether it has gradients of its own that are dropped.
  """

  graph_def: Any
  signatures: Mapping[str, _Signature]
  variables: Mapping[str, _Variable]
  losses: Sequence[str]
  table_initializers: Sequence[str]
  assets: Mapping[str, str]
  update_ops: Sequence[str]
  custom_gradients: bool


def convert(source: ResolvedHandle) -> str:
  """Returns the directory of a SavedModel as a TF1 Hub module.

  It is made once, in the cache of modules, by the SavedModel's fingerprint.
  Its signature "default" is the model called, where it can be; else the
  SavedModel's "serving_default", or its first. The others keep their names.

  Args:
    source: of a SavedModel.

  Raises:
    UserError: a TF1 Hub module can't hold it.
  """
  cache = pathlib.Path(module_cache_dir()) / "hub_estimator_saved_models"
  target = cache / f"{source.fingerprint}-{_CONVERTER}"
  if target.is_dir():
    return str(target)
  cache.mkdir(parents=True, exist_ok=True)
  staging = tempfile.mkdtemp(prefix=".converting-", dir=cache)
  try:
    made = os.path.join(staging, "module")
    if _is_of_tensorflow_2(source):
      _write_module(source, made, os.path.join(staging, "weights"))
    else:
      saved_models_v1.write_module(source.path, made)
    try:
      os.rename(made, target)
    except OSError:  # Another process was first.
      if not target.is_dir():
        raise
  except UserError as error:
    raise _cant(source, str(error)) from error
  except Exception as error:
    raise _cant(source, f"{type(error).__name__}: {one_line(error)}") from error
  finally:
    shutil.rmtree(staging, ignore_errors=True)
  return str(target)


def _is_of_tensorflow_2(source: ResolvedHandle) -> bool:
  from tensorflow.core.protobuf import saved_model_pb2

  proto = saved_model_pb2.SavedModel.FromString(
    pathlib.Path(source.path, "saved_model.pb").read_bytes()
  )
  return any(g.HasField("object_graph_def") for g in proto.meta_graphs)


def _cant(source: ResolvedHandle, why: str) -> UserError:
  return UserError(
    f"SavedModel {source.handle!r} can't be made a TF1 Hub module: {why}"
  )


def _write_module(source: ResolvedHandle, path: str, weights: str) -> None:
  graphs = {frozenset(): _read(source, training=False, weights=weights)}
  training = _read(source, training=True, weights=None)
  if training is not None:
    graphs[frozenset({"train"})] = training
  for graph in graphs.values():
    needs_python = {n.op for n in graph.graph_def.node} & set(_NEEDS_PYTHON)
    if needs_python:
      raise UserError(
        f"it runs Python code ({', '.join(sorted(needs_python))}), which no "
        "other process has.",
      )

  def module_fn(tags):
    _build(graphs[tags])

  spec = hub.create_module_spec(
    module_fn, tags_and_args=[(set(tags), {"tags": tags}) for tags in graphs]
  )
  if graphs[frozenset()].variables:
    spec.export(path, checkpoint_path=weights)
    return
  with tf.Graph().as_default(), tf.Session() as session:
    hub.Module(spec).export(path, session)


# --- Reading -----------------------------------------------------------------


def _read(
  source: ResolvedHandle, *, training: bool, weights: str | None
) -> _PlainGraph | None:
  """Returns a mode's graph; None where the model knows no training mode.

  Args:
    source: of the SavedModel.
    training: which mode.
    weights: where the variables' values are written as a checkpoint; None
      writes none.
  """
  with tf.Graph().as_default() as graph:
    loaded = tf.saved_model.load_v2(source.path)
    signatures = {}
    functions = _functions(loaded, training)
    for name, (specs, call) in functions.items():
      inputs = {
        key: tf.placeholder(spec.dtype, spec.shape, name=f"{name}_input_{i}")
        for i, (key, spec) in enumerate(sorted(specs.items()))
      }
      try:
        outputs = _named(call(inputs))
      except (TypeError, ValueError):
        if training and name == _DEFAULT:
          return None
        raise
      signatures[name] = _Signature(
        {key: tensor.name for key, tensor in inputs.items()},
        {
          key: _keep_shape(tensor, f"{name}_output_{i}").name
          for i, (key, tensor) in enumerate(sorted(outputs.items()))
        },
      )
    if not signatures:
      raise UserError("it has no signature and can't be called.")
    losses = getattr(loaded, "regularization_losses", None) or ()
    plain = _plain_graph(
      graph,
      signatures=signatures,
      losses=[
        tf.identity(loss(), f"regularization_{i}").name
        for i, loss in enumerate(losses)
      ],
      table_initializers=[
        tf.group(op, name=f"initialize_table_{i}").name
        for i, op in enumerate(
          tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS)
        )
      ],
      trainable=_trainable_names(loaded),
    )
    variables = {
      v.op.name: v
      for v in tf.global_variables()
      if v.op.name in plain.variables
    }
    if weights is not None and variables:
      # Ahead of the session, which takes no change of a call that it has run.
      own = (
        _gradients(plain, graph.get_tensor_by_name, variables)
        if plain.custom_gradients
        else None
      )
      with tf.Session() as session:
        session.run(tf.variables_initializer(list(variables.values())))
        tf.train.Saver(variables).save(
          session, weights, write_meta_graph=False, write_state=False
        )
        if own is not None:
          fed = _random_inputs(plain, graph.get_tensor_by_name)
          _check_gradients(plain, fed, session.run(own, fed), weights)
  return plain


def _functions(loaded, training) -> dict:
  """Returns (specs of inputs by name, function of a dict of inputs) by name."""
  functions = {}
  # One that is no function of TensorFlow isn't restored with the object.
  concrete = loaded.__call__.concrete_functions if callable(loaded) else ()
  if concrete:
    specs, pack = _call_inputs(concrete[0])

    def call(inputs):
      if training:
        return loaded(pack(inputs), training=True)
      try:
        return loaded(pack(inputs), training=False)
      except (TypeError, ValueError):  # It knows no modes.
        return loaded(pack(inputs))

    functions[_DEFAULT] = specs, call
  for name, function in loaded.signatures.items():
    specs = dict(function.structured_input_signature[1])
    functions[name] = (
      specs,
      lambda inputs, function=function: function(**inputs),
    )
  if _DEFAULT not in functions and functions:
    main = _SERVING if _SERVING in functions else sorted(functions)[0]
    functions[_DEFAULT] = functions[main]
  return functions


def _call_inputs(function) -> tuple[dict, Any]:
  """Returns specs of a call's first argument by name, and what packs it."""
  arguments, _ = function.structured_input_signature
  first = arguments[0] if arguments else None
  if isinstance(first, Mapping):
    specs, pack = dict(first), dict
  elif isinstance(first, list | tuple):
    kind = type(first)
    specs = {f"input_{i}": spec for i, spec in enumerate(first)}

    def pack(inputs):
      return kind(inputs[name] for name in specs)
  else:
    name = getattr(first, "name", None) or "inputs"
    specs = {name: first}

    def pack(inputs):
      return inputs[name]

  for spec in specs.values():
    if not isinstance(spec, tf.TensorSpec):
      raise UserError(f"it is called with {spec}, not with tensors.")
  return specs, pack


def _named(outputs: Any, prefix: str = "") -> dict[str, tf.Tensor]:
  """Returns what a function gave, by names; one tensor is "default"."""
  if isinstance(outputs, Mapping):
    items = outputs.items()
  elif isinstance(outputs, list | tuple):
    items = enumerate(outputs)
  else:
    return {prefix or _DEFAULT: tf.convert_to_tensor(outputs)}
  return {
    name: tensor
    for key, value in items
    if value is not None
    for name, tensor in _named(
      value, f"{prefix}_{key}" if prefix else str(key)
    ).items()
  }


def _keep_shape(tensor: tf.Tensor, name: str) -> tf.Tensor:
  """Returns the tensor as one whose shape an imported graph knows as well."""
  if tensor.shape.rank is None:
    return tf.identity(tensor, name)
  return tf.ensure_shape(tensor, tensor.shape, name)


def _trainable_names(loaded: Any) -> set[str]:
  variables = getattr(loaded, "trainable_variables", None)
  if variables is None:
    variables = [v for v in tf.global_variables() if v.trainable]
  return {v.op.name for v in variables}


def _plain_graph(
  graph, *, signatures, losses, table_initializers, trainable
) -> _PlainGraph:
  whole = inline_functions(graph.as_graph_def())
  update_ops = [n.name for n in whole.node if n.op in _UPDATES]
  restoring = {v.initializer.name for v in tf.global_variables()}
  update_ops = [name for name in update_ops if name not in restoring]
  wanted = [
    *losses,
    *(t for s in signatures.values() for t in s.inputs.values()),
    *(t for s in signatures.values() for t in s.outputs.values()),
  ]
  kept = tf.graph_util.extract_sub_graph(
    whole,
    [*(t.split(":")[0] for t in wanted), *table_initializers, *update_ops],
  )
  kept.library.CopyFrom(whole.library)
  names = {node.name for node in kept.node}
  custom_gradients = any(_GRADIENT in node.attr for node in kept.node)
  _settle(kept)
  return _PlainGraph(
    graph_def=kept,
    signatures=signatures,
    variables={
      v.op.name: _Variable(
        tuple(v.shape.as_list()), v.dtype, v.op.name in trainable
      )
      for v in tf.global_variables()
      if v.op.name in names
    },
    losses=losses,
    table_initializers=table_initializers,
    assets={
      tensor.name: os.fsdecode(tf.get_static_value(tensor).item())
      for tensor in tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS)
      if tensor.op.name in names
    },
    update_ops=update_ops,
    custom_gradients=custom_gradients,
  )


def _settle(graph_def: Any) -> None:
  """Drops what names other graphs, and what waits for state; seeds random ops.

  Where a module is applied, Hub puts placeholders for its tables, which nobody
  feeds; to wait for a table to be named means nothing. Random ops of TensorFlow 2
  take their seed from where they were traced, mostly none, and would differ
  from run to run.
  """
  seeds = itertools.count(1)
  state = {f"^{n.name}" for n in graph_def.node if _is_state(n)}
  for node in graph_def.node:
    inputs = [i for i in node.input if i not in state]
    del node.input[:]
    node.input.extend(inputs)
    for attr in ("_class", _GRADIENT):
      if attr in node.attr:
        del node.attr[attr]
    if {"seed", "seed2"} <= set(node.attr) and not (
      node.attr["seed"].i or node.attr["seed2"].i
    ):
      node.attr["seed"].i = 1
      node.attr["seed2"].i = next(seeds)


def _is_state(node: Any) -> bool:
  """Returns whether a node is a variable or table: a handle out of nothing."""
  if any(not name.startswith("^") for name in node.input):
    return False
  op = op_def_registry.get(node.op)
  return op is not None and [o.type for o in op.output_arg] == [
    tf.resource.as_datatype_enum
  ]


# --- Building ----------------------------------------------------------------


def _build(plain: _PlainGraph) -> None:
  """Adds a mode's graph to the current one, as a module_fn does."""
  tensor = _import(plain)
  collect = tf.add_to_collection
  for name in plain.losses:
    collect(tf.GraphKeys.REGULARIZATION_LOSSES, tensor(name))
  graph = tf.get_default_graph()
  for key, names in (
    (tf.GraphKeys.TABLE_INITIALIZERS, plain.table_initializers),
    (tf.GraphKeys.UPDATE_OPS, plain.update_ops),
  ):
    for name in names:
      collect(key, graph.get_operation_by_name(name))
  for name in plain.assets:
    collect(tf.GraphKeys.ASSET_FILEPATHS, tensor(name))
  for name, signature in plain.signatures.items():
    hub.add_signature(
      name,
      inputs={k: tensor(t) for k, t in signature.inputs.items()},
      outputs={k: tensor(t) for k, t in signature.outputs.items()},
    )


def _import(plain: _PlainGraph):
  """Imports the graph with variables of its own; returns name -> tensor."""
  variables = {
    f"{name}:0": tf.get_variable(
      name,
      v.shape,
      v.dtype,
      initializer=tf.zeros_initializer(),
      trainable=v.trainable,
      use_resource=True,
    )
    for name, v in plain.variables.items()
  }
  graph_def = type(plain.graph_def)()
  graph_def.CopyFrom(plain.graph_def)
  del graph_def.node[:]
  graph_def.node.extend(
    n for n in plain.graph_def.node if n.name not in plain.variables
  )
  tf.import_graph_def(
    graph_def,
    input_map={name: v.handle for name, v in variables.items()},
    name="",
  )
  return tf.get_default_graph().get_tensor_by_name


# --- Gradients ---------------------------------------------------------------


def _gradients(plain, tensor, variables: Mapping) -> dict[str, tf.Tensor]:
  """Returns those of the trainable variables, of some sum of the outputs."""
  names = [n for n, v in plain.variables.items() if v.trainable]
  outputs = [tensor(t) for t in plain.signatures[_DEFAULT].outputs.values()]
  gradients = tf.gradients(
    [tf.reduce_sum(tf.sin(t)) for t in outputs if t.dtype.is_floating],
    [variables[name] for name in names],
    unconnected_gradients=tf.UnconnectedGradients.ZERO,
  )
  return dict(zip(names, map(tf.convert_to_tensor, gradients), strict=True))


def _check_gradients(plain, fed, own, weights) -> None:
  """Compares the model's own gradients with those of its inlined ops.

  A model may define gradients in Python, most often to save memory (swish). A
  TF1 Hub module has no place for them.

  Raises:
    UserError: they differ for random inputs.
  """
  with tf.Graph().as_default(), tf.Session() as session:
    tensor = _import(plain)
    variables = {v.op.name: v for v in tf.global_variables()}
    gradients = _gradients(plain, tensor, variables)
    tf.train.Saver(variables).restore(session, weights)
    session.run(plain.table_initializers)
    inlined = session.run(gradients, fed)
  for name, expected in own.items():
    if not np.allclose(inlined[name], expected, rtol=1e-3, atol=1e-5):
      raise UserError(
        f"it defines gradients in Python, that of {name} among them, and a TF1 "
        "Hub module has no place for these.",
      )


def _random_inputs(plain, tensor) -> dict[str, np.ndarray]:
  rng = np.random.default_rng(1)
  inputs = plain.signatures[_DEFAULT].inputs.values()
  return {name: _random_values(tensor(name), rng) for name in inputs}


def _random_values(tensor: tf.Tensor, rng) -> np.ndarray:
  dims = [None] if tensor.shape.rank is None else tensor.shape.as_list()
  shape = [d or (2 if i == 0 else 8) for i, d in enumerate(dims)]
  if tensor.dtype == tf.string:
    return np.full(shape, "some words", object)
  if tensor.dtype.is_floating:
    return rng.random(shape).astype(tensor.dtype.as_numpy_dtype)
  return np.ones(shape, tensor.dtype.as_numpy_dtype)
