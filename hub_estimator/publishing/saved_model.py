"""A SavedModel or a file of Keras -> a module."""

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
  """Writes a SavedModel of TensorFlow 1 or 2, or a model of Keras 2, as a module.

  Args:
    path: a directory that doesn't exist yet.
    source: a handle of the SavedModel, or a file that ends in .h5, .hdf5 or
      .keras.
    documentation: a file of Markdown that is attached.

  Returns:
    `path`.

  Raises:
    UserError: `path` exists, there is no model at `source`, it is a module
      already, or a module can't hold it.
  """
  with new_directory(path, documentation=documentation) as scratch:
    if source.endswith(_KERAS):
      model = _save_keras(os.path.expanduser(source), scratch / "keras")
    else:
      model = source
    found = handles.resolve(model)
    if found.is_tf1_module:
      raise UserError(f"{source!r} is a TF1 Hub module already.")
    made = saved_models.convert(found)
    # Hard links: what lies in the cache is never written again.
    shutil.copytree(made, scratch / "module", copy_function=_link)
  return path


def _link(source: str, target: str) -> None:
  try:
    os.link(source, target)
  except OSError:  # On another file system.
    shutil.copy2(source, target)


def _save_keras(path: str, target: pathlib.Path) -> str:
  if not os.path.isfile(path):
    raise UserError(f"There is no file {path!r}.")
  with tf.init_scope():
    try:
      model = tf.keras.models.load_model(path, compile=False)
      tf.saved_model.save(model, str(target))
    except Exception as error:  # Whatever Keras raises.
      raise UserError(
        f"{path} can't be loaded by Keras 2: {type(error).__name__}: "
        f"{one_line(error)[:300]} If Keras 3 saved it: model.export(<directory>) "
        "there, and publish that."
      ) from error
  return str(target)
