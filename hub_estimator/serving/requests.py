"""The calls of TensorFlow Serving's REST API, as functions from JSON to JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.serving import json_values
from hub_estimator.serving.batching import BatchedModel
from hub_estimator.serving.loaded_model import Signature
from hub_estimator.tensorflow_runtime import tf

_DEFAULT = "serving_default"
_CLASSIFY = "tensorflow/serving/classify"
_REGRESS = "tensorflow/serving/regress"


def predict(
  served: BatchedModel, request: Mapping[str, Any], *, timeout_s: float
) -> dict[str, Any]:
  """Answers `:predict`, in rows ("instances") or columns ("inputs").

  Args:
    served: the model.
    request: the parsed body.
    timeout_s: seconds until it gives up.

  Raises:
    UserError: the request doesn't fit the model.
    TimeoutError: there was no answer in time.
    tf.errors.OpError: the model fails.
  """
  signature = _signature(served, request)
  if ("instances" in request) == ("inputs" in request):
    raise UserError(
      'A request for ":predict" holds either "instances", a list of rows, or '
      '"inputs", whole tensors.'
    )
  if "instances" in request:
    rows = request["instances"]
    inputs = json_values.read_rows(rows, signature.inputs)
    outputs = served.run(signature, inputs, timeout_s=timeout_s)
    return {"predictions": json_values.write_rows(outputs, len(rows))}
  inputs = json_values.read_columns(request["inputs"], signature.inputs)
  _check_lengths(signature, inputs)
  outputs = served.run(signature, inputs, timeout_s=timeout_s)
  return {"outputs": json_values.write_columns(outputs)}


def classify(
  served: BatchedModel, request: Mapping[str, Any], *, timeout_s: float
) -> dict[str, Any]:
  """Answers `:classify`: for each example, pairs of class and score.

  Args and errors are those of `predict`.
  """
  outputs, count = _run_examples(served, request, _CLASSIFY, timeout_s)
  scores = outputs.get("scores")
  classes = outputs.get("classes")
  if scores is None and classes is None:
    raise UserError("The signature gives neither classes nor scores.")
  if classes is None:
    assert scores is not None
    classes = np.full(scores.shape, b"", object)
  if scores is None:
    scores = np.zeros(classes.shape, np.float32)
  names = json_values.write_rows({"classes": classes}, count)
  return {
    "result": [
      [list(pair) for pair in zip(row, values, strict=True)]
      for row, values in zip(names, scores.tolist(), strict=True)
    ]
  }


def regress(
  served: BatchedModel, request: Mapping[str, Any], *, timeout_s: float
) -> dict[str, Any]:
  """Answers `:regress`: a number for each example.

  Args and errors are those of `predict`.
  """
  outputs, count = _run_examples(served, request, _REGRESS, timeout_s)
  (values,) = outputs.values()
  return {"result": values.reshape(count).tolist()}


def describe_versions(served: BatchedModel) -> dict[str, Any]:
  """Answers a request for a model's status."""
  return {
    "model_version_status": [
      {
        "version": str(served.model.number),
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
      }
    ]
  }


def describe_signatures(name: str, served: BatchedModel) -> dict[str, Any]:
  """Answers a request for a model's metadata.

  Args:
    name: of the model.
    served: the model.
  """
  signatures = served.model.signatures
  return {
    "model_spec": {
      "name": name,
      "signature_name": "",
      "version": str(served.model.number),
    },
    "metadata": {
      "signature_def": {
        "signature_def": {
          name: {
            "inputs": _describe(one.proto.inputs),
            "outputs": _describe(one.proto.outputs),
            "method_name": one.method,
          }
          for name, one in signatures.items()
        }
      }
    },
  }


def _signature(served: BatchedModel, request: Any) -> Signature:
  if not isinstance(request, dict):
    raise UserError("The body must be a JSON object.")
  name = request.get("signature_name") or _DEFAULT
  if not isinstance(name, str):
    raise UserError('"signature_name" must be text.')
  return served.model.signature(name)


def _check_lengths(
  signature: Signature, inputs: Mapping[str, np.ndarray]
) -> None:
  """Refuses inputs of different lengths, if each row of one belongs to the others'."""
  lengths = {name: len(array) for name, array in inputs.items() if array.ndim}
  if signature.is_batched and len(set(lengths.values())) > 1:
    raise UserError(f'"inputs" have different lengths: {lengths}.')


def _run_examples(
  served: BatchedModel,
  request: Mapping[str, Any],
  method: str,
  timeout_s: float,
) -> tuple[dict[str, np.ndarray], int]:
  """Returns (outputs for serialized tf.Examples, how many there are)."""
  signature = _signature(served, request)
  if signature.method != method or len(signature.inputs) != 1:
    others = [
      name
      for name, one in served.model.signatures.items()
      if one.method == method
    ]
    raise UserError(
      f"The signature {signature.name!r} can't {method.rpartition('/')[2]}; "
      f'"signature_name" may be: {", ".join(others) or "none of this model"}.'
    )
  examples = request.get("examples")
  if not isinstance(examples, list) or not examples:
    raise UserError('"examples" must be a list with at least one object.')
  context = request.get("context", {})
  serialized = [
    _example({**_features(context, "context"), **_features(e, "examples")})
    for e in examples
  ]
  (name,) = signature.inputs
  inputs = {name: np.array(serialized, object)}
  return served.run(signature, inputs, timeout_s=timeout_s), len(examples)


def _features(value: Any, where: str) -> dict[str, Any]:
  if not isinstance(value, dict):
    raise UserError(f'"{where}" must hold objects of features by name.')
  return value


def _example(features: Mapping[str, Any]) -> bytes:
  example = tf.train.Example()
  for name, value in features.items():
    values = value if isinstance(value, list) else [value]
    _set(example.features.feature[name], values, name)
  serialized: bytes = example.SerializeToString()
  return serialized


def _set(feature: Any, values: Sequence[Any], name: str) -> None:
  """Puts values of JSON into a feature: whole numbers, numbers, or text."""
  if all(isinstance(v, int) for v in values):
    if any(not -(2**63) <= v < 2**63 for v in values):
      raise UserError(f"{name!r} holds a number beyond int64.")
    feature.int64_list.value.extend(map(int, values))
  elif all(isinstance(v, int | float) for v in values):
    feature.float_list.value.extend(values)
  else:
    found = [json_values.read_bytes(v) for v in values]
    if None in found:
      raise UserError(f"{name!r} mixes text with other values, or nests lists.")
    feature.bytes_list.value.extend(found)


def _describe(infos: Any) -> dict[str, Any]:
  """Returns types of tensors as TensorFlow Serving writes them."""
  from tensorflow.core.framework import types_pb2

  return {
    name: {
      "dtype": types_pb2.DataType.Name(info.dtype),
      "tensor_shape": {
        "dim": [
          {"size": str(dim.size), "name": dim.name}
          for dim in info.tensor_shape.dim
        ],
        "unknown_rank": info.tensor_shape.unknown_rank,
      },
      "name": info.name,
    }
    for name, info in sorted(infos.items())
  }
