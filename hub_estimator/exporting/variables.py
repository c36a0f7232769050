"""The variables of an exported module: those of all its variants."""

import os
import pathlib
import re
from collections.abc import Mapping

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.modules import ModuleInfo, ModuleSource
from hub_estimator.tensorflow_runtime import tf


def fill(
  module: pathlib.Path,
  source: ModuleSource,
  info: ModuleInfo,
  checkpoint_path: str,
) -> None:
  """Adds the variables that only variants outside the export graph have.

  `hub.Module.export` writes the graphs of all variants, but the variables of one.
  The others come from the checkpoint if training had them, otherwise from the
  module that training started with.

  Args:
    module: directory of the exported module.
    source: the module in the run; its name prefixes the checkpoint's variables.
    info: of the module that training started with.
    checkpoint_path: the exported checkpoint.

  Raises:
    UserError: a variable is in neither.
  """
  names: set[str] = set()
  for variant in info.variants.values():
    names.update(variant.variables)
  if not names:
    return
  prefix = variables_prefix(module)
  exported = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
  missing = {
    _whole(name) for name in names if not {name, _whole(name)} & set(exported)
  }
  if not missing:
    return
  tensors = read_tensors(prefix)
  trained = tf.train.load_checkpoint(checkpoint_path)
  stored = info.path and tf.train.load_checkpoint(variables_prefix(info.path))
  for name in sorted(missing):
    if trained.has_tensor(f"{source.name}/{name}"):
      tensors[name] = trained.get_tensor(f"{source.name}/{name}")
    elif stored and stored.has_tensor(name):
      tensors[name] = stored.get_tensor(name)
    else:
      raise UserError(
        f"Module {info.handle!r}: a variant has the variable {name!r}, but "
        "neither the checkpoint nor the module stores it."
      )
  write_tensors(prefix, tensors)


def _whole(name: str) -> str:
  """Returns the name under which a checkpoint stores a variable, or a part of one."""
  return re.sub(r"/part_\d+$", "", name)


def variables_prefix(module: str | os.PathLike[str]) -> str:
  """Returns the checkpoint prefix of a module's or a SavedModel's variables."""
  return os.path.join(module, "variables", "variables")


def read_tensors(prefix: str) -> dict[str, np.ndarray]:
  """Returns all tensors of a checkpoint by name."""
  reader = tf.train.load_checkpoint(prefix)
  return {
    name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
  }


def write_tensors(prefix: str, tensors: Mapping[str, np.ndarray]) -> None:
  """Replaces the variables of a module or a SavedModel.

  Args:
    prefix: see `variables_prefix`.
    tensors: by name.
  """
  for file in pathlib.Path(prefix).parent.glob("variables*"):
    file.unlink()
  names = sorted(tensors)
  with tf.Graph().as_default(), tf.Session() as session:
    fed = [tf.placeholder(tensors[n].dtype, tensors[n].shape) for n in names]
    save = tf.raw_ops.SaveV2(
      prefix=f"{prefix}_temp/part",
      tensor_names=names,
      shape_and_slices=[""] * len(names),
      tensors=fed,
    )
    with tf.control_dependencies([save]):
      merge = tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[f"{prefix}_temp/part"], destination_prefix=prefix
      )
    session.run(merge, {p: tensors[n] for p, n in zip(fed, names, strict=True)})
