"""Imports TensorFlow, Estimator and Hub so that they work together."""

import importlib.util
import logging
import os
import sys
from typing import Any

from hub_estimator.tensorflow_runtime import private_imports, stand_ins
from hub_estimator.tensorflow_runtime.versions import (
  OLDEST,
  UnsupportedTensorFlowError,
  check_version,
  installed_version,
)


def _prepare(version: tuple[int, int]) -> None:
  """Readies the process for the first import of TensorFlow."""
  private_imports.install()
  if version > OLDEST:
    _choose_keras_2(version)
    stand_ins.install()


def _choose_keras_2(version: tuple[int, int]) -> None:
  """Chooses Keras 2, which Estimator's heads take their metrics from."""
  if os.environ.get("TF_USE_LEGACY_KERAS") not in ("1", "true", "True"):
    if "tensorflow" in sys.modules and "keras" in sys.modules:
      raise UnsupportedTensorFlowError(
        "TensorFlow was imported with Keras 3 before hub_estimator, and "
        "Estimator's heads need Keras 2: import "
        "hub_estimator.tensorflow_runtime first, or set TF_USE_LEGACY_KERAS=1."
      )
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
  if importlib.util.find_spec("tf_keras") is None:
    major, minor = version
    raise UnsupportedTensorFlowError(
      f"TensorFlow {major}.{minor} needs Keras 2 for Estimator's heads: "
      f"pip install 'tf-keras=={major}.{minor}.*'."
    )


def _publish_estimator(tensorflow: Any) -> None:
  """Puts Estimator where `tensorflow_hub` and `gin.tf` look for it."""
  from tensorflow_estimator._api.v1 import estimator as v1
  from tensorflow_estimator._api.v2 import estimator as v2

  for api, package in (
    (v2, tensorflow),
    (v1, tensorflow.compat.v1),
    (v2, tensorflow.compat.v2),
  ):
    package.estimator = api
    sys.modules.setdefault(f"{package.__name__}.estimator", api)
  for name in ("tensorflow.compat.v1", "tensorflow.compat.v2"):
    sys.modules.setdefault(f"{name}.estimator", v1 if name[-1] == "1" else v2)


class _DeprecationFilter(logging.Filter):
  """Drops the advice to leave Estimator and TF1, which the library is for."""

  def filter(self, record: logging.LogRecord) -> bool:
    message = str(record.msg)
    return not (
      "is deprecated and will be removed" in message
      or "Use tf.keras instead" in message
    )


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
TENSORFLOW_VERSION = check_version(installed_version())
_prepare(TENSORFLOW_VERSION)

import tensorflow  # noqa: E402

logging.getLogger("tensorflow").addFilter(_DeprecationFilter())
if TENSORFLOW_VERSION > OLDEST:
  _publish_estimator(tensorflow)

# Not `tf = tensorflow.compat.v1`: mypy accepts `tf.Tensor` as a type only if it
# sees an import.
import tensorflow.compat.v1 as tf  # noqa: E402
import tensorflow_hub as hub  # noqa: E402
from tensorflow_estimator._api.v2 import estimator  # noqa: E402

__all__ = ["TENSORFLOW_VERSION", "estimator", "hub", "tf"]
