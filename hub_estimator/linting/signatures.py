"""Checks signatures: names and shapes that let consumers swap modules."""

from collections.abc import Iterator, Sequence

from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import Graph
from hub_estimator.modules import ModuleInfo, SignatureInfo, inspecting

_IMAGE_SIGNATURES = ("image_feature_vector", "image_classification")
_HYPERPARAMETER_DTYPES = ("float32", "float64", "bool")


def check_signatures(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields a missing "default", and departures from common signatures."""
  signatures = graphs[0].variant.signatures
  if "default" not in signatures:
    yield Finding(
      "warning",
      "default_signature",
      "signatures",
      f"there is no 'default', only {', '.join(sorted(signatures))}",
      "hub.Module(...)(x) applies 'default', and consumers swap modules by it",
      "add the main signature under the name 'default' too",
    )
  departures = inspecting.common_signatures(info)
  for name in _IMAGE_SIGNATURES:
    if name in signatures and departures[name]:
      yield _departure(name, f"signature {name!r}", departures[name])
  if any(_takes_images(s) for s in signatures.values()) and not any(
    name in signatures for name in _IMAGE_SIGNATURES
  ):
    yield Finding(
      "advice",
      "common_signature",
      "signatures",
      "the module takes images but has neither 'image_feature_vector' nor "
      "'image_classification'",
      "consumers find and swap image modules by these names",
      "add the one that fits beside 'default'",
    )
  default = signatures.get("default")
  if default and _takes_text(default) and departures["text_embedding"]:
    yield _departure(
      "text_embedding", "signature 'default'", departures["text_embedding"]
    )


def _departure(name: str, where: str, problems: Sequence[str]) -> Finding:
  return Finding(
    "warning",
    "common_signature",
    where,
    f"it departs from {name}: {'; '.join(problems)}",
    "code written for the common signature fails on it",
    "see tensorflow.org/hub/common_signatures",
  )


def _takes_images(signature: SignatureInfo) -> bool:
  if len(signature.inputs) != 1:
    return False
  (tensor,) = signature.inputs.values()
  shape = tensor.shape
  return shape is not None and len(shape) == 4 and shape[3] == 3


def _takes_text(signature: SignatureInfo) -> bool:
  if len(signature.inputs) != 1:
    return False
  (tensor,) = signature.inputs.values()
  return tensor.dtype == "string" and tensor.shape == (None,)


def check_static_width(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields outputs whose last dimension is unknown before the graph runs."""
  for graph in graphs:
    for name, signature in graph.variant.signatures.items():
      output = signature.outputs.get("default")
      if output is None or output.kind != "dense" or output.dtype == "string":
        continue
      shape = output.shape
      if shape is None or (len(shape) > 1 and shape[-1] is None):
        yield Finding(
          "warning",
          "static_width",
          f"signature {name!r}",
          f"output 'default' is {output}",
          "a layer on top of it can't be sized before the graph runs",
          "call set_shape on the output, at least for its last dimension",
        )


def check_hyperparameters(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields hyperparameters that are forced on consumers, or kept from them."""
  scalars = {
    name: _scalar_inputs(signature)
    for graph in graphs
    for name, signature in graph.variant.signatures.items()
  }
  if scalars.get("default"):
    yield Finding(
      "warning",
      "hyperparameters",
      "signature 'default'",
      f"it takes hyperparameters: {', '.join(scalars['default'])}",
      "every consumer has to feed them, and modules can't be swapped",
      "move them to a second signature, and keep a 'default' without them",
    )
  has_random_or_moving_parts = any(
    g.variant.update_ops or g.random_outputs for g in graphs if g.is_training
  )
  if has_random_or_moving_parts and not any(scalars.values()):
    yield Finding(
      "advice",
      "hyperparameters",
      "signatures",
      "training uses dropout or batch norm, but no signature lets a consumer "
      "set its rate or momentum",
      "the best value depends on the consumer's data",
      "add a signature with these as scalar inputs",
    )


def _scalar_inputs(signature: SignatureInfo) -> list[str]:
  return sorted(
    name
    for name, tensor in signature.inputs.items()
    if tensor.shape == () and tensor.dtype in _HYPERPARAMETER_DTYPES
  )
