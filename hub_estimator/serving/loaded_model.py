"""One version of an exported model, loaded into a session."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.modules import custom_ops
from hub_estimator.serving.json_values import TensorType
from hub_estimator.tensorflow_runtime import tf

_SERVE = ["serve"]


@dataclasses.dataclass(frozen=True)
class Signature:
  """A signature of a SavedModel.

  Attributes:
    name: of the signature.
    method: TensorFlow Serving's name of what it does, such as
      "tensorflow/serving/predict".
    inputs: types by name.
    outputs: types by name.
    proto: the SignatureDef.
  """

  name: str
  method: str
  inputs: Mapping[str, TensorType]
  outputs: Mapping[str, TensorType]
  proto: Any

  @property
  def is_batched(self) -> bool:
    """Whether all inputs and outputs have one row for each row of a batch."""
    types = [*self.inputs.values(), *self.outputs.values()]
    return all(t.shape and t.shape[0] is None for t in types)


class LoadedModel:
  """A version of a model.

  Attributes:
    number: the version.
    signatures: by name.
  """

  def __init__(self, path: pathlib.Path, number: int) -> None:
    """Loads the model.

    Args:
      path: of the SavedModel.
      number: the version.

    Raises:
      UserError: it can't be loaded; it needs ops that this process lacks.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    self.number = number
    try:
      content = (path / "saved_model.pb").read_bytes()
      proto = saved_model_pb2.SavedModel.FromString(content)
      for meta_graph in proto.meta_graphs:
        custom_ops.require(str(path), custom_ops.ops_of(meta_graph))
      with tf.Graph().as_default() as graph:
        self._session = tf.Session(graph=graph)
        loaded = tf.saved_model.load(self._session, _SERVE, str(path))
    except UserError:
      raise
    except (
      OSError,
      ValueError,
      RuntimeError,
      DecodeError,
      tf.errors.OpError,
    ) as error:
      raise UserError(f"{path} can't be loaded: {one_line(error)}") from error
    self.signatures = {
      name: _signature(name, proto)
      for name, proto in sorted(loaded.signature_def.items())
      if not name.startswith("__")
    }

  def signature(self, name: str) -> Signature:
    """Returns a signature.

    Raises:
      UserError: there is none of that name.
    """
    if name not in self.signatures:
      raise UserError(
        f"The model has no signature {name!r}; {nearest(name, self.signatures)}"
      )
    return self.signatures[name]

  def run(
    self,
    signature: Signature,
    inputs: Mapping[str, np.ndarray],
    *,
    timeout_s: float,
  ) -> dict[str, np.ndarray]:
    """Returns a signature's outputs by name.

    Args:
      signature: of this model.
      inputs: arrays by name.
      timeout_s: seconds after which it fails.

    Raises:
      tf.errors.OpError: the model fails, or takes longer.
    """
    fetches = {n: t.name for n, t in signature.outputs.items()}
    fed = {signature.inputs[n].name: array for n, array in inputs.items()}
    options = tf.RunOptions(timeout_in_ms=max(1, int(timeout_s * 1000)))
    found = self._session.run(fetches, fed, options=options)
    return {name: np.asarray(value) for name, value in found.items()}

  def close(self) -> None:
    """Frees the session."""
    self._session.close()


def _signature(name: str, proto: Any) -> Signature:
  return Signature(
    name,
    proto.method_name,
    {n: _type(info) for n, info in sorted(proto.inputs.items())},
    {n: _type(info) for n, info in sorted(proto.outputs.items())},
    proto,
  )


def _type(info: Any) -> TensorType:
  shape = None
  if not info.tensor_shape.unknown_rank:
    shape = tuple(
      None if dim.size < 0 else dim.size for dim in info.tensor_shape.dim
    )
  dtype = np.dtype(tf.as_dtype(info.dtype).as_numpy_dtype)
  return TensorType(dtype, shape, info.name)
