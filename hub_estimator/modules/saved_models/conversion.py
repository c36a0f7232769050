"""Converts a SavedModel to a TF1 Hub module in the cache, once."""

import logging
import os
import pathlib
import shutil
import tempfile
import time

from hub_estimator.errors import UserError, one_line
from hub_estimator.handles import ResolvedHandle
from hub_estimator.modules.saved_models import tensorflow_1, tensorflow_2
from hub_estimator.tensorflow_runtime import module_cache_dir

# Increase it when the same SavedModel would be converted differently.
_CONVERTER_VERSION = 2
_log = logging.getLogger(__name__)


def module_directory(source: ResolvedHandle) -> str:
  """Returns the directory of the TF1 Hub module behind a handle.

  Here, and only here, reading a module may write files: a SavedModel is converted
  first, and its module stays in the cache.

  Args:
    source: a TF1 Hub module or a SavedModel.

  Raises:
    UserError: a TF1 Hub module can't represent the SavedModel.
  """
  return source.path if source.is_tf1_module else convert(source)


def convert(source: ResolvedHandle) -> str:
  """Returns the directory of a SavedModel's TF1 Hub module in the cache.

  The cache keeps it under the SavedModel's fingerprint. The module's signature
  "default" is the model's call if it can be called, else "serving_default", else
  the first by name. The SavedModel's signatures keep their names.

  Args:
    source: a SavedModel.

  Raises:
    UserError: a TF1 Hub module can't represent it.
  """
  cache = pathlib.Path(module_cache_dir()) / "hub_estimator_saved_models"
  target = cache / f"{source.fingerprint}-{_CONVERTER_VERSION}"
  if target.is_dir():
    return str(target)
  started = time.monotonic()
  _log.info("Converting SavedModel %r to a TF1 Hub module.", source.handle)
  cache.mkdir(parents=True, exist_ok=True)
  staging = tempfile.mkdtemp(prefix=".converting-", dir=cache)
  try:
    made = os.path.join(staging, "module")
    if _is_tensorflow_2(source.path):
      tensorflow_2.write_module(
        source.path, made, weights=os.path.join(staging, "weights")
      )
    else:
      tensorflow_1.write_module(source.path, made)
    _move(made, target)
  except UserError as error:
    raise _cannot_convert(source, str(error)) from error
  except Exception as error:
    raise _cannot_convert(
      source, f"{type(error).__name__}: {one_line(error)}"
    ) from error
  finally:
    shutil.rmtree(staging, ignore_errors=True)
  _log.info(
    "Converted SavedModel %r in %.1f s: %s",
    source.handle,
    time.monotonic() - started,
    target,
  )
  return str(target)


def _is_tensorflow_2(path: str) -> bool:
  from tensorflow.core.protobuf import saved_model_pb2

  proto = saved_model_pb2.SavedModel.FromString(
    pathlib.Path(path, "saved_model.pb").read_bytes()
  )
  return any(g.HasField("object_graph_def") for g in proto.meta_graphs)


def _move(made: str, target: pathlib.Path) -> None:
  try:
    os.rename(made, target)
  except OSError:  # Another process may have converted it meanwhile.
    if not target.is_dir():
      raise


def _cannot_convert(source: ResolvedHandle, why: str) -> UserError:
  return UserError(
    f"SavedModel {source.handle!r} can't be converted to a TF1 Hub module: {why}"
  )
