"""Conformance to TensorFlow Hub's common signatures.

Source: tensorflow.org/hub/common_signatures, for the TF1 Hub format.
"""

from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.variant_info import SignatureInfo

# The name of an image signature, and what the width of its output counts.
_IMAGE_SIGNATURES = (
  ("image_feature_vector", "features"),
  ("image_classification", "classes"),
)


def common_signatures(info: ModuleInfo) -> dict[str, list[str]]:
  """Returns where a module departs from each common signature.

  Args:
    info: the module's description.

  Returns:
    Departures by the name of the common signature; an empty list means that the
    module conforms.
  """
  signatures = info.default_variant().signatures
  found = {}
  for name, width in _IMAGE_SIGNATURES:
    if name in signatures:
      found[name] = _image_departures(signatures[name], width)
    else:
      found[name] = [f"no signature {name!r}"]
  if "default" in signatures:
    found["text_embedding"] = _text_departures(signatures["default"])
  else:
    found["text_embedding"] = ["no signature 'default'"]
  return found


def _image_departures(signature: SignatureInfo, width: str) -> list[str]:
  departures = []
  images = signature.inputs.get("images")
  if images is None:
    departures.append("no input 'images'")
  elif (
    images.dtype != "float32"
    or images.shape is None
    or len(images.shape) != 4
    or images.shape[3] not in (3, None)
  ):
    departures.append(
      f"input 'images' is {images}, not float32 [None, H, W, 3]"
    )
  return departures + _output_departures(signature, width)


def _text_departures(signature: SignatureInfo) -> list[str]:
  departures = []
  inputs = list(signature.inputs.values())
  if (
    len(inputs) != 1
    or inputs[0].dtype != "string"
    or inputs[0].shape != (None,)
  ):
    given = ", ".join(map(str, inputs)) or "nothing"
    departures.append(f"it takes {given}, not one string [None]")
  return departures + _output_departures(signature, "width")


def _output_departures(signature: SignatureInfo, width: str) -> list[str]:
  output = signature.outputs.get("default")
  if output is None:
    return ["no output 'default'"]
  if (
    output.dtype != "float32"
    or output.shape is None
    or len(output.shape) != 2
    or output.shape[1] is None
  ):
    return [f"output 'default' is {output}, not float32 [None, {width}]"]
  return []
