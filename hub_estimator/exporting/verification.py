"""Reloads a version and compares it with the live graph, before it appears."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from hub_estimator.model import model_fn
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import hub, tf

# The same ops on the same weights and one machine: only the order of sums in
# another graph's optimisation may differ.
RTOL = 1e-4
ATOL = 1e-5


class VerificationError(RuntimeError):
  """A version that doesn't do what the checkpoint does."""


def read_live(
  session: tf.Session,
  receiver: tf_estimator.export.ServingInputReceiver,
  predictions: Mapping[str, tf.Tensor],
  examples: Sequence[bytes],
) -> dict:
  """Returns what a graph makes of examples, for `verify` to compare with.

  Args:
    session: of a graph in PREDICT mode whose weights are the checkpoint's.
    receiver: its input, with the alternative "examples".
    predictions: its predictions by name.
    examples: serialized tf.Examples of one real batch.

  Returns:
    The features that were fed, the predictions, and by name of each exported
    module the inputs and outputs of its application and its variables.
  """
  serialized = receiver.receiver_tensors_alternatives["examples"]["examples"]
  applied = {
    placed.source.export_name: {
      "signature": placed.source.signature,
      "tags": sorted(placed.tags),
      "inputs": inputs,
      "outputs": outputs,
      "variables": placed.module.variable_map,
    }
    for placed, inputs, outputs in tf.get_collection(model_fn.APPLIED_MODULES)
    if placed.source.export_name is not None
  }
  fetches = {
    "features": dict(receiver.receiver_tensors),
    "predictions": dict(predictions),
    "modules": {
      name: {k: a[k] for k in ("inputs", "outputs", "variables")}
      for name, a in applied.items()
    },
  }
  # No op is added here: the graph may be on its way into a SavedModel.
  session.run(tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS))
  live = session.run(fetches, {serialized: list(examples)})
  for name, values in live["modules"].items():
    values["signature"] = applied[name]["signature"]
    values["tags"] = applied[name]["tags"]
  return live


def verify(
  live: Mapping,
  *,
  model: pathlib.Path,
  modules: pathlib.Path | None,
  examples: Sequence[bytes],
) -> None:
  """Compares a staged version with the graph that it was made from.

  The full model is reloaded with `tf.saved_model` and fed with features and
  with serialized examples; its predictions must be the live graph's. Every
  variant of every module is reloaded with plain `hub.Module`: all variables
  must be there, those of the live graph with its values, and the outputs of
  the variant that the model uses must be the live graph's.

  Args:
    live: see `read_live`.
    model: the staged SavedModel.
    modules: the staged directory of modules; None where there are none.
    examples: those that `live` was made of.

  Raises:
    VerificationError: something differs, by more than RTOL and ATOL where it
      is a float, or can't be loaded; it says what.
  """
  _verify_model(model, live, examples)
  for name, applied in live["modules"].items():
    _verify_module(modules / name, name, applied)


def _verify_model(model: pathlib.Path, live: Mapping, examples) -> None:
  with tf.Graph().as_default(), tf.Session() as session:
    try:
      loaded = tf.saved_model.load(session, ["serve"], str(model))
    except Exception as error:
      raise VerificationError(
        f"The full model can't be loaded: {error}"
      ) from error
    signatures = loaded.signature_def
    for name, fed in (
      ("serving_default", live["features"]),
      ("examples:predict", {"examples": list(examples)}),
    ):
      if name not in signatures:
        raise VerificationError(
          f"The full model has no signature {name!r}; it has: "
          f"{', '.join(sorted(signatures))}."
        )
      signature = signatures[name]
      got = session.run(
        {k: info.name for k, info in signature.outputs.items()},
        {signature.inputs[k].name: value for k, value in fed.items()},
      )
      _compare(f"The full model's signature {name!r}", got, live["predictions"])


def _verify_module(path: pathlib.Path, name: str, live: Mapping) -> None:
  spec = hub.load_module_spec(str(path))
  for tags in spec.get_tags():
    where = f"Module {name!r}, variant {sorted(tags)}"
    with tf.Graph().as_default(), tf.Session() as session:
      module = hub.Module(spec, tags=set(tags))
      same_signature = live["signature"] in module.get_signature_names()
      outputs = (
        module(
          {k: tf.constant(v) for k, v in live["inputs"].items()},
          signature=live["signature"],
          as_dict=True,
        )
        if same_signature
        else {}
      )
      try:
        session.run(
          [tf.global_variables_initializer(), tf.tables_initializer()]
        )
      except tf.errors.OpError as error:
        raise VerificationError(
          f"{where} can't be loaded: {error.message}"
        ) from error
      variables = session.run(dict(module.variable_map))
      got = session.run(outputs)
    for variable, value in variables.items():
      expected = live["variables"].get(variable)
      if expected is not None and not np.array_equal(
        value, expected, equal_nan=value.dtype.kind == "f"
      ):
        raise VerificationError(
          f"{where}: variable {variable} isn't the run's."
        )
    if sorted(tags) == live["tags"]:
      _compare(where, got, live["outputs"])


def _compare(where: str, got: Mapping, expected: Mapping) -> None:
  """Compares what both have; either may have more, but not nothing."""
  common = sorted(set(got) & set(expected))
  if not common:
    raise VerificationError(
      f"{where} gives {sorted(got)}, and the live graph {sorted(expected)}."
    )
  for key in common:
    a, b = np.asarray(got[key]), np.asarray(expected[key])
    if a.shape == b.shape and a.dtype.kind == "f":
      same = np.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True)
    else:
      same = np.array_equal(a, b)
    if not same:
      difference = ""
      if a.shape == b.shape and a.dtype.kind == "f":
        difference = f" by up to {np.max(np.abs(a - b)):g}"
      raise VerificationError(
        f"{where}: output {key!r} differs from the live graph's{difference}."
      )
