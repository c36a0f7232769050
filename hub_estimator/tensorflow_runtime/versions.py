"""The TensorFlow versions that the library supports."""

import importlib.metadata

OLDEST = (2, 15)
NEWEST = (2, 21)
EXCLUDED = {(2, 20): "it needs protobuf<7, which no newer version accepts"}


class UnsupportedTensorFlowError(ImportError):
  """The installed TensorFlow can't run Estimator and TF1 Hub modules."""


def installed_version() -> str:
  """Returns TensorFlow's version without importing it.

  Raises:
    UnsupportedTensorFlowError: TensorFlow isn't installed.
  """
  for package in ("tensorflow", "tensorflow-cpu", "tf-nightly"):
    try:
      return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
      continue
  raise UnsupportedTensorFlowError(
    "TensorFlow isn't installed; hub_estimator needs 2.15.1 or 2.16 to 2.21 "
    "(not 2.20): pip install 'tensorflow==2.21.*'."
  )


def check_version(version: str) -> tuple[int, int]:
  """Returns (major, minor) of a supported TensorFlow version.

  Args:
    version: as `installed_version` returns it, such as "2.21.0".

  Raises:
    UnsupportedTensorFlowError: the library doesn't support `version`.
  """
  major, minor = (int(part) for part in version.split(".")[:2])
  if not OLDEST <= (major, minor) <= NEWEST or (major, minor) in EXCLUDED:
    why = EXCLUDED.get((major, minor))
    raise UnsupportedTensorFlowError(
      f"TensorFlow {version} isn't supported{f' ({why})' if why else ''}; "
      "hub_estimator works with 2.15.1 and with 2.16 to 2.21 (not 2.20): "
      "pip install 'tensorflow==2.21.*'."
    )
  return major, minor
