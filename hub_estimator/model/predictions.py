"""Predictions: their names in exports, and the signature that serves them."""

from collections.abc import Mapping

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import estimator, tf


def prediction_names(
  predictions: Mapping[str | tuple[str, str], tf.Tensor],
) -> dict[str, tf.Tensor]:
  """Returns predictions by the names that an exported model gives them.

  Args:
    predictions: by key, or by (head, key), which is exported as "head/key".
  """
  return {
    key if isinstance(key, str) else "/".join(key): tensor
    for key, tensor in predictions.items()
  }


def serve_predictions(
  spec: estimator.EstimatorSpec,
) -> estimator.EstimatorSpec:
  """Returns a spec whose `serving_default` signature gives all predictions.

  The heads' own default is a classification or regression of serialized
  examples, which Estimator leaves out if features are fed one by one.

  Args:
    spec: the head's; only one for prediction changes.
  """
  if not spec.export_outputs:
    return spec
  outputs = dict(spec.export_outputs)
  outputs["serving_default"] = outputs["predict"]
  return spec._replace(export_outputs=outputs)


def pass_through(
  spec: estimator.EstimatorSpec, columns: Mapping[str, tf.Tensor | None]
) -> estimator.EstimatorSpec:
  """Returns a spec whose signatures of predictions also return columns.

  Args:
    spec: of PREDICT mode.
    columns: tensors [batch] by name; None only checks the name.

  Raises:
    UserError: a column has the name of a prediction.
  """
  returned = {
    name: tf.identity(tensor)
    for name, tensor in columns.items()
    if tensor is not None
  }
  outputs = dict(spec.export_outputs or {})
  for key, output in outputs.items():
    if not isinstance(output, estimator.export.PredictOutput):
      continue
    for name in columns.keys() & output.outputs.keys():
      raise UserError(
        f"exports.pass_through names {name!r}, and so is a prediction; rename the "
        "column."
      )
    outputs[key] = estimator.export.PredictOutput(
      {**output.outputs, **returned}
    )
  return spec._replace(export_outputs=outputs)


def serve_all(spec: estimator.EstimatorSpec) -> estimator.EstimatorSpec:
  """Returns a spec of PREDICT mode whose `serving_default` gives all predictions.

  Args:
    spec: of a user's code. Its own `predict` and `serving_default` stay, if that
      doesn't take serialized examples.
  """
  predictions = spec.predictions
  if not isinstance(predictions, Mapping):
    predictions = {"predictions": predictions}
  outputs = dict(spec.export_outputs or {})
  outputs.setdefault("predict", estimator.export.PredictOutput(predictions))
  if not isinstance(
    outputs.get("serving_default"), estimator.export.PredictOutput
  ):
    outputs["serving_default"] = outputs["predict"]
  return spec._replace(predictions=predictions, export_outputs=outputs)
