"""Reloads a staged version and compares it with the live graph."""

import logging
import pathlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from hub_estimator.converting import tf2
from hub_estimator.errors import RunFailed, one_line
from hub_estimator.exporting.comparison import (
  Mismatch,
  check_alike,
  check_close,
)
from hub_estimator.exporting.halves import beside
from hub_estimator.exporting.live import (
  Arrays,
  LiveGraph,
  LiveModule,
  Outputs,
  dense_tensors,
  module_variables,
)
from hub_estimator.graphs import same_part, tensor_names
from hub_estimator.modules import apply_in_batches
from hub_estimator.tensorflow_runtime import hub, hub_internals, op_errors, tf

_log = logging.getLogger(__name__)


class VerificationError(RunFailed):
  """The exported files don't compute what the checkpoint computes."""


def verify(
  live: LiveGraph,
  *,
  model: pathlib.Path,
  modules: pathlib.Path | None,
  examples: Sequence[bytes],
) -> None:
  """Compares a staged version with the graph that it was exported from.

  The full model is reloaded with `tf.saved_model` and fed with features and
  with serialized examples; its predictions must equal the live graph's. Every
  variant of every module is reloaded with plain `hub.Module`. The variant that the
  model applies must give the same outputs. All variables must be there, and those
  that the live graph has must have the same values. A module that was converted must
  give the same outputs, too.

  Outputs that draw at random can't be equal. They must have the same types and
  shapes, and be computed by the same ops.

  Args:
    live: see `read_live`.
    model: the staged SavedModel.
    modules: the staged directory of modules; None if there are none.
    examples: the ones that `live` was computed from.

  Raises:
    VerificationError: something can't be loaded or differs, in the case of
      floats by more than `comparison.bound`. The message says what.
  """
  _verify_model(model, live, examples)
  for name, module in live.modules.items():
    if modules is None:
      raise VerificationError(f"Module {name!r} wasn't exported.")
    _verify_module(modules / name, name, module)
    if beside(modules / name).exists():
      _verify_converted(beside(modules / name), name, module)


def _verify_model(
  model: pathlib.Path, live: LiveGraph, examples: Sequence[bytes]
) -> None:
  random = live.predictions.random
  with tf.Graph().as_default() as graph, tf.Session() as session:
    with _reporting("The full model can't be loaded"):
      loaded = tf.saved_model.load(session, ["serve"], str(model))
    signatures = loaded.signature_def
    for name, fed in (
      ("serving_default", live.features),
      ("examples:predict", {"examples": list(examples)}),
    ):
      where = f"The full model's signature {name!r}"
      if name not in signatures:
        raise VerificationError(
          f"The full model has no signature {name!r}; it has: "
          f"{', '.join(sorted(signatures))}."
        )
      signature = signatures[name]
      with _reporting(f"{where} can't be run"):
        outputs = session.run(
          {k: info.name for k, info in signature.outputs.items()},
          {signature.inputs[k].name: value for k, value in fed.items()},
        )
      _compare(where, outputs, live.predictions, read=set(outputs))
    _compare_variables(
      "The full model", session.run(_variables()), live.variables
    )
    if random and not same_part(
      live.graph_def.node,
      graph.as_graph_def().node,
      [live.tensors[name] for name in random],
    ):
      raise VerificationError(
        f"The full model's random outputs ({', '.join(sorted(random))}) are "
        "computed by other ops than the live graph's."
      )
  _log_random("The full model", live.predictions)


def _verify_module(path: pathlib.Path, name: str, live: LiveModule) -> None:
  with _reporting(f"Module {name!r} can't be loaded"):
    spec = hub.load_module_spec(str(path))
  for tags in spec.get_tags():
    where = f"Module {name!r}, variant {sorted(tags)}"
    variables, outputs = _run_variant(spec, tags, live, where)
    _compare_variables(where, variables, live.variables)
    if frozenset(tags) == live.tags and live.outputs.values:
      _compare(where, outputs, live.outputs, read=live.read)
      _compare_random_graphs(where, spec, live)
      _log_random(where, live.outputs)


def _verify_converted(path: pathlib.Path, name: str, live: LiveModule) -> None:
  where = f"Module {name!r}, converted to TensorFlow 2,"
  try:
    outputs, variables = tf2.apply_saved_model(path, live.inputs)
  except Exception as error:  # TensorFlow raises errors of any class.
    raise VerificationError(
      f"{where} can't be loaded or called: {one_line(error)}"
    ) from error
  _compare_variables(where, variables, live.variables)
  _compare(where, outputs, live.outputs, read=live.read)


def _run_variant(
  spec: hub.ModuleSpec,
  tags: Collection[str],
  live: LiveModule,
  where: str,
) -> tuple[Arrays, Arrays]:
  """Returns a variant's variables, and its outputs for the live graph's inputs.

  It has no outputs if it doesn't have the signature that the live graph applies, or
  if that applies none.
  """
  with tf.Graph().as_default(), tf.Session() as session:
    with _reporting(f"{where} can't be loaded"):
      module = hub.Module(spec, tags=set(tags))
      outputs: Mapping[str, Any] = {}
      names = module.get_signature_names()
      if live.outputs.values and live.signature in names:
        outputs = apply_in_batches(
          lambda inputs: module(
            dict(inputs), signature=live.signature, as_dict=True
          ),
          {k: _constant(v) for k, v in live.inputs.items()},
          live.info.signature(live.signature, tags),
        )
      session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    with _reporting(f"{where} can't be run"):
      return (
        session.run(module_variables(module)),
        session.run(dense_tensors(outputs)),
      )


def _constant(value: Any) -> Any:
  """Returns a value of a session as a tensor of the same kind."""
  if isinstance(value, tf.SparseTensorValue):
    return tf.SparseTensor(*map(tf.constant, value))
  if isinstance(value, tf.ragged.RaggedTensorValue):
    return tf.RaggedTensor.from_nested_row_splits(
      value.flat_values, value.nested_row_splits
    )
  return tf.constant(value)


def _variables() -> dict[str, tf.Variable]:
  return {variable.op.name: variable for variable in tf.global_variables()}


@contextmanager
def _reporting(what: str) -> Iterator[None]:
  """Turns any error into a VerificationError that starts with `what`."""
  try:
    yield
  except tf.errors.OpError as error:
    raise VerificationError(f"{what}: {op_errors.essence(error)}") from error
  except Exception as error:  # Hub and TensorFlow raise many kinds.
    raise VerificationError(f"{what}: {one_line(error)}") from error


def _compare_variables(where: str, variables: Arrays, live: Arrays) -> None:
  """Compares the variables that the live graph has, bit for bit."""
  for name, value in variables.items():
    expected = live.get(name)
    if expected is not None and not np.array_equal(
      value, expected, equal_nan=value.dtype.kind == "f"
    ):
      raise VerificationError(
        f"{where}: variable {name} differs from the run's."
      )


def _compare(
  where: str, outputs: Arrays, live: Outputs, *, read: Collection[str]
) -> None:
  """Compares the outputs that both have; there must be at least one.

  Args:
    where: the subject of messages.
    outputs: of the exported graph.
    live: of the live graph.
    read: names of the outputs that the run reads.
  """
  common = sorted(set(outputs) & set(live.values))
  if not common:
    raise VerificationError(
      f"{where} has the outputs {sorted(outputs)}, and the live graph "
      f"{sorted(live.values)}: they have none in common."
    )
  for name in common:
    got, expected = np.asarray(outputs[name]), np.asarray(live.values[name])
    try:
      if name in live.random:
        check_alike(got, expected, live.shapes[name])
      else:
        check_close(got, expected, read=name in read)
    except Mismatch as mismatch:
      raise VerificationError(f"{where}: output {name!r} {mismatch}.") from None


def _compare_random_graphs(
  where: str, spec: hub.ModuleSpec, live: LiveModule
) -> None:
  """Compares how two modules compute the outputs that draw at random."""
  for output in {name.split("[")[0] for name in live.outputs.random}:
    stored, exported = (
      hub_internals.meta_graph(module, live.tags)
      for module in (live.info.spec, spec)
    )
    names = [
      tensor_names(graph.signature_def[live.signature].outputs[output])
      for graph in (stored, exported)
    ]
    if names[0] != names[1] or not same_part(
      stored.graph_def.node, exported.graph_def.node, names[0]
    ):
      raise VerificationError(
        f"{where}: the random output {output!r} is computed by other ops than the "
        "live graph's."
      )


def _log_random(where: str, outputs: Outputs) -> None:
  """Logs which outputs were compared by type, shape and ops alone."""
  if outputs.random:
    _log.info(
      "%s: outputs that draw at random (%s) were compared by types, shapes and "
      "ops: %s.",
      where,
      ", ".join(sorted(set().union(*outputs.random.values()))),
      ", ".join(sorted(outputs.random)),
    )
