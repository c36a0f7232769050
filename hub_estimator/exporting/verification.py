"""Reloads a staged version and compares it with the live graph."""

import pathlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from hub_estimator.converting import tf2
from hub_estimator.errors import one_line
from hub_estimator.exporting.halves import beside
from hub_estimator.exporting.live import Arrays, LiveGraph, LiveModule
from hub_estimator.tensorflow_runtime import hub, tf

# Both run the same ops on the same weights on one machine. Only the order of
# sums may differ, because TensorFlow optimizes each graph on its own.
RTOL = 1e-4
ATOL = 1e-5


class VerificationError(RuntimeError):
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
  variant of every module is reloaded with plain `hub.Module`. All of its
  variables must be there, and those that the live graph has must have the same
  values. The variant that the model applies must give the same outputs, and so must
  a module that was converted.

  Args:
    live: see `read_live`.
    model: the staged SavedModel.
    modules: the staged directory of modules; None if there are none.
    examples: the ones that `live` was computed from.

  Raises:
    VerificationError: something can't be loaded or differs, in the case of
      floats by more than RTOL and ATOL. The message says what.
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
  with tf.Graph().as_default(), tf.Session() as session:
    try:
      loaded = tf.saved_model.load(session, ["serve"], str(model))
    except Exception as error:
      raise VerificationError(
        f"The full model can't be loaded: {error}"
      ) from error
    signatures = loaded.signature_def
    for name, fed in (
      ("serving_default", live.features),
      ("examples:predict", {"examples": list(examples)}),
    ):
      if name not in signatures:
        raise VerificationError(
          f"The full model has no signature {name!r}; it has: "
          f"{', '.join(sorted(signatures))}."
        )
      signature = signatures[name]
      outputs = session.run(
        {k: info.name for k, info in signature.outputs.items()},
        {signature.inputs[k].name: value for k, value in fed.items()},
      )
      _compare(
        f"The full model's signature {name!r}", outputs, live.predictions
      )


def _verify_module(path: pathlib.Path, name: str, live: LiveModule) -> None:
  spec = hub.load_module_spec(str(path))
  for tags in spec.get_tags():
    where = f"Module {name!r}, variant {sorted(tags)}"
    variables, outputs = _run_variant(spec, tags, live, where)
    _compare_variables(where, variables, live.variables)
    if frozenset(tags) == live.tags:
      _compare(where, outputs, live.outputs)


def _verify_converted(path: pathlib.Path, name: str, live: LiveModule) -> None:
  where = f"Module {name!r}, converted to TensorFlow 2,"
  try:
    outputs, variables = tf2.apply_saved_model(path, live.inputs)
  except Exception as error:  # TensorFlow raises errors of any class.
    raise VerificationError(
      f"{where} can't be loaded or called: {one_line(error)}"
    ) from error
  _compare_variables(where, variables, live.variables)
  _compare(where, outputs, live.outputs)


def _run_variant(
  spec: hub.ModuleSpec, tags: Collection[str], live: LiveModule, where: str
) -> tuple[Arrays, Arrays]:
  """Returns a variant's variables, and its outputs for the live graph's inputs.

  It has no outputs if it doesn't have the signature that the live graph applies.
  """
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(spec, tags=set(tags))
    outputs: Mapping[str, tf.Tensor] = {}
    if live.signature in module.get_signature_names():
      outputs = module(
        {k: tf.constant(v) for k, v in live.inputs.items()},
        signature=live.signature,
        as_dict=True,
      )
    try:
      session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    except tf.errors.OpError as error:
      raise VerificationError(
        f"{where} can't be loaded: {error.message}"
      ) from error
    return session.run(dict(module.variable_map)), session.run(outputs)


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


def _compare(where: str, outputs: Arrays, live: Arrays) -> None:
  """Compares the outputs that both have; there must be at least one."""
  common = sorted(set(outputs) & set(live))
  if not common:
    raise VerificationError(
      f"{where} has the outputs {sorted(outputs)}, and the live graph "
      f"{sorted(live)}: they have none in common."
    )
  for name in common:
    got, expected = np.asarray(outputs[name]), np.asarray(live[name])
    are_floats = got.shape == expected.shape and got.dtype.kind == "f"
    if are_floats:
      same = np.allclose(got, expected, rtol=RTOL, atol=ATOL, equal_nan=True)
    else:
      same = np.array_equal(got, expected)
    if not same:
      by = f" by up to {np.max(np.abs(got - expected)):g}" if are_floats else ""
      raise VerificationError(
        f"{where}: output {name!r} differs from the live graph's{by}."
      )
