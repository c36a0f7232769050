"""A module as an object that TensorFlow 2 saves, loads, calls and trains.

It has the interface of reusable SavedModels:
https://www.tensorflow.org/hub/reusable_saved_models
"""

import itertools
from collections.abc import Mapping
from typing import Any

from hub_estimator.converting.calling import (
  Apply,
  make_calls,
  python_name,
)
from hub_estimator.converting.importing import wrap_part
from hub_estimator.converting.plan import Mode, Plan
from hub_estimator.converting.ragged import put_together, take_apart
from hub_estimator.converting.tables import Table
from hub_estimator.modules import SignatureInfo
from hub_estimator.tensorflow_runtime import tf

_SERVING = "serving_default"


def build_reusable(
  plan: Plan, variables: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
  """Returns a module as an object to save, and its signatures by name.

  Args:
    plan: what becomes of the module.
    variables: by name.
  """
  root = tf.compat.v2.train.Checkpoint()
  root.variables = list(variables.values())
  root.trainable_variables = [v for v in root.variables if v.trainable]
  assets: dict[str, Any] = {}
  inference = _Functions(plan.inference, variables, assets)
  training = inference
  if plan.training is not plan.inference:
    training = _Functions(plan.training, variables, assets)
  root.assets = list(assets.values())
  root.tables = [*inference.tables, *training.tables]
  root.regularization_losses = training.losses()
  applied = {name: inference.apply(name) for name in plan.inference.signatures}
  signatures = {
    name: _traced(plan.inference.signatures[name], apply)
    for name, apply in applied.items()
  }
  main = plan.inference.signatures[plan.signature]
  calls = make_calls(
    specs_of(main),
    plan.hyperparameters(),
    main.outputs,
    {False: applied[plan.signature], True: training.apply(plan.signature)},
  )
  root.__call__ = calls.call
  # Keras 3 takes a function for each mode.
  root.serve, root.train = calls.serve, calls.train
  signatures.setdefault(_SERVING, signatures[plan.signature])
  return root, signatures


class _Functions:
  """The functions of one variant.

  Attributes:
    tables: its tables.
  """

  def __init__(
    self, mode: Mode, variables: Mapping[str, Any], assets: dict[str, Any]
  ) -> None:
    """Makes the tables and the assets that the functions share.

    Args:
      mode: the variant.
      variables: by name.
      assets: by path; is extended.
    """
    graph = mode.graph
    self._mode = mode
    files = {}
    for tensor, path in graph.assets.items():
      if path not in assets:
        assets[path] = tf.compat.v2.saved_model.Asset(path)
      files[tensor] = assets[path]
    tables = {
      f"{name}:0": Table(node, graph.fill(name), files)
      for name, node in graph.tables().items()
    }
    self.tables = list(tables.values())
    self._captured = {
      **{f"{name}:0": v.handle for name, v in variables.items()},
      **{tensor: asset.asset_path for tensor, asset in files.items()},
      **{tensor: table.resource_handle for tensor, table in tables.items()},
    }

  def apply(self, name: str) -> Apply:
    """Returns a signature as a function from inputs to outputs, both by name."""
    stored = self._mode.graph.signatures[name]
    specs = specs_of(self._mode.signatures[name])
    function = wrap_part(
      self._mode.graph.apply(name),
      {tensor: specs[key] for key, tensor in stored.inputs.items()},
      self._captured,
    )

    def apply(inputs: Mapping[str, Any]) -> dict[str, Any]:
      tensors = iter(function(*(inputs[key] for key in stored.inputs)))
      return {
        key: put_together(
          list(itertools.islice(tensors, len(parts))),
          is_ragged=key in stored.ragged,
        )
        for key, parts in stored.outputs.items()
      }

    return apply

  def losses(self) -> list[Any]:
    """Returns the regularization losses as functions without arguments."""
    return [
      self._loss(wrap_part(part, {}, self._captured))
      for part in self._mode.graph.losses()
    ]

  @staticmethod
  def _loss(function: Any) -> Any:
    return tf.compat.v2.function(lambda: function()[0], input_signature=[])


def specs_of(info: SignatureInfo) -> dict[str, tf.TensorSpec]:
  """Returns the types of a signature's inputs by name."""
  return {
    name: tf.TensorSpec(tensor.shape, tensor.dtype, python_name(name))
    for name, tensor in info.inputs.items()
  }


def _traced(info: SignatureInfo, apply: Apply) -> Any:
  """Returns a signature as SavedModels have it: a function of named tensors."""
  specs = specs_of(info)
  keys = {spec.name: name for name, spec in specs.items()}

  def function(**inputs: Any) -> dict[str, Any]:
    outputs = apply({keys[name]: tensor for name, tensor in inputs.items()})
    return take_apart(outputs)

  return tf.compat.v2.function(function, autograph=False).get_concrete_function(
    **{spec.name: spec for spec in specs.values()}
  )
