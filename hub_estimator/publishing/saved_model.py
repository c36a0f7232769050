"""Publishes a SavedModel or a Keras file as a module."""

import os
import pathlib
import shutil

from hub_estimator import handles
from hub_estimator.errors import UserError, one_line
from hub_estimator.modules import saved_models
from hub_estimator.publishing.staging import new_directory
from hub_estimator.tensorflow_runtime import tf

_KERAS = (".h5", ".hdf5", ".keras")


def publish(path: str, source: str, *, documentation: str | None = None) -> str:
  """Writes a SavedModel of TensorFlow 1 or 2, or a Keras 2 model, as a module.

  Args:
    path: a directory that doesn't exist yet.
    source: a handle of the SavedModel, or a file that ends in .h5, .hdf5 or
      .keras.
    documentation: a Markdown file to attach.

  Returns:
    `path`.

  Raises:
    UserError: `path` exists, `source` isn't a model or is already a module, or a
      module can't represent the model.
  """
  with new_directory(path, documentation=documentation) as scratch:
    if source.endswith(_KERAS):
      model = _save_keras(os.path.expanduser(source), scratch / "keras")
    else:
      model = source
    found = handles.resolve(model)
    if found.is_tf1_module:
      raise UserError(f"{source!r} is already a TF1 Hub module.")
    made = saved_models.convert(found)
    # Hard links are safe: the cache never writes to a file again.
    shutil.copytree(made, scratch / "module", copy_function=_link)
  return path


def _link(source: str, target: str) -> None:
  try:
    os.link(source, target)
  except OSError:  # The target is on another file system.
    shutil.copy2(source, target)


def _save_keras(path: str, target: pathlib.Path) -> str:
  """Saves a Keras file as a SavedModel; returns its directory."""
  if not os.path.isfile(path):
    raise UserError(f"There is no file {path!r}.")
  with tf.init_scope():
    try:
      model = tf.keras.models.load_model(path, compile=False)
      tf.saved_model.save(model, str(target))
    except Exception as error:  # Keras raises errors of any class.
      raise UserError(
        f"Keras 2 can't load {path!r}: {type(error).__name__}: "
        f"{one_line(error)[:300]} If Keras 3 saved it, call "
        "model.export(<directory>) there and publish the directory."
      ) from error
  return str(target)
